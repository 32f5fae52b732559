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
	Scope     constructs.Construct // the parent of all its resources
	ARN, Name string
	TaskLogs  awslogs.CfnLogGroup
}

// newReplication adds the instance. DMS cannot move an instance or a subnet group to another VPC. So the ids of both depend on
// the VPC: if a department moves to another VPC, CloudFormation creates a new instance before it deletes the old one.
//
// DMS writes the logs of the tasks to the log group dms-tasks-NAME. If the group does not exist, DMS creates it without a
// retention time. So the stack chooses the instance's name and creates the group first. The name contains the stack's name,
// which is unique in an account and region, and a hash of the VPC.
func newReplication(
	parent constructs.Construct, d *department.Department, stackName string, in network, store retainedData,
) replication {
	scope := constructs.NewConstruct(parent, new("Replication"))
	place := placement(d)
	subnets := awsdms.NewCfnReplicationSubnetGroup(scope, new("Subnets"+place), &awsdms.CfnReplicationSubnetGroupProps{
		ReplicationSubnetGroupDescription: new("oralake " + d.Name),
		SubnetIds:                         jsii.Strings(in.SubnetIDs...),
	})
	identifier := stackName + "-" + place
	logs := newLogGroup(scope, "TaskLogs"+place, "dms-tasks-"+identifier, logsOf(d, store))
	instance := awsdms.NewCfnReplicationInstance(scope, new("Instance"+place), &awsdms.CfnReplicationInstanceProps{
		ReplicationInstanceIdentifier:    &identifier,
		ReplicationInstanceClass:         &d.Replication.Class,
		EngineVersion:                    &d.Replication.EngineVersion,
		AllocatedStorage:                 new(float64(d.Replication.StorageGB)),
		MultiAz:                          d.Replication.MultiAZ,
		ReplicationSubnetGroupIdentifier: subnets.Ref(),
		VpcSecurityGroupIds:              jsii.Strings(in.SecurityGroupIDs...),
		KmsKeyId:                         store.Key.AttrArn(),
		PubliclyAccessible:               false,
		PreferredMaintenanceWindow:       &d.Replication.MaintenanceWindow,
		// A new version in the file is an upgrade that somebody wants: DMS counts 3.5 to 3.6 as a major one, and refuses it
		// without this.
		AllowMajorVersionUpgrade: true,
		// The file names the version, so only a deploy changes it. With automatic upgrades the instance would run a later version
		// than the file names, and DMS refuses to go back: the next deploy that changes the instance would fail.
		AutoMinorVersionUpgrade: false,
	})
	instance.AddResourceDependency(logs, nil)
	return replication{Scope: scope, ARN: *instance.Ref(), Name: identifier, TaskLogs: logs}
}

// placement returns a short hash of the instance's VPC and of the key that the file names, for names and ids: DMS can change neither.
func placement(d *department.Department) string {
	parts := []string{d.Network.VPCID, d.Network.Create}
	if d.KeyARN != "" {
		parts = append(parts, d.KeyARN)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "|")))
	return hex.EncodeToString(sum[:3])
}

// location returns the instance's VPC: its ID, or its CIDR block if the stack creates it. The key that the file names follows it.
func location(d *department.Department) string {
	vpc := cmp.Or(d.Network.Create, d.Network.VPCID)
	if d.KeyARN != "" {
		return vpc + " with " + d.KeyARN
	}
	return vpc
}
