package stacks

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsdms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/oralake/oralake/internal/department"
)

// replication is the DMS replication instance and the log group of its tasks.
type replication struct {
	Scope     constructs.Construct // all of it
	ARN, Name string
	TaskLogs  awslogs.CfnLogGroup
}

// newReplication makes the instance. DMS cannot move an instance or a subnet group to another VPC, so the ids of both
// follow the VPC: a department that moves gets a new instance before the old one goes.
//
// The instance has a name because DMS writes the logs of its tasks to dms-tasks-NAME, for ever if nobody made that
// group with a retention before. The name is the stack's, which is unique in an account and region, and the VPC's.
func newReplication(
	parent constructs.Construct, d *department.Department, stackName string, in network, keyARN string,
) replication {
	scope := constructs.NewConstruct(parent, new("Replication"))
	place := placement(d.Network)
	subnets := awsdms.NewCfnReplicationSubnetGroup(scope, new("Subnets"+place), &awsdms.CfnReplicationSubnetGroupProps{
		ReplicationSubnetGroupDescription: new("oralake " + d.Name),
		SubnetIds:                         jsii.Strings(in.SubnetIDs...),
	})
	identifier := stackName + "-" + place
	logs := newLogGroup(scope, "TaskLogs"+place, "dms-tasks-"+identifier, d.LogDays)
	instance := awsdms.NewCfnReplicationInstance(scope, new("Instance"+place), &awsdms.CfnReplicationInstanceProps{
		ReplicationInstanceIdentifier:    &identifier,
		ReplicationInstanceClass:         &d.Replication.Class,
		EngineVersion:                    &d.Replication.EngineVersion,
		AllocatedStorage:                 new(float64(d.Replication.StorageGB)),
		MultiAz:                          d.Replication.MultiAZ,
		ReplicationSubnetGroupIdentifier: subnets.Ref(),
		VpcSecurityGroupIds:              jsii.Strings(in.SecurityGroupIDs...),
		KmsKeyId:                         &keyARN,
		PubliclyAccessible:               false,
		AutoMinorVersionUpgrade:          true,
	})
	instance.AddResourceDependency(logs, nil)
	return replication{Scope: scope, ARN: *instance.Ref(), Name: identifier, TaskLogs: logs}
}

// placement is a short word for the VPC that the instance is in.
func placement(n department.Network) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{n.VPCID, n.Create}, "|")))
	return hex.EncodeToString(sum[:3])
}

// location is the VPC that the instance is in: its ID, or its CIDR block if the stack makes it.
func location(n department.Network) string { return cmp.Or(n.Create, n.VPCID) }
