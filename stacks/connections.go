package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// newConnections adds the custom resource that tests the connections to all endpoints. CloudFormation calls its function if one of its
// properties changes: the definition of an endpoint, or of the replication instance. So a deploy that changes neither tests nothing.
func newConnections(scope constructs.Construct, d *department.Department, p functionsProps, function lambdaFunction) awscdk.CfnResource {
	state := contract.ConnectionProperties{
		Stack: p.Stack, InstanceArn: p.Instance.ARN, Instance: contract.InstanceOf(d.Replication),
		Network: append(append([]string{}, p.Network.SubnetIDs...), p.Network.SecurityGroupIDs...),
		Ends: []contract.ConnectionEnd{
			{Name: "source", Arn: p.Endpoints.Source, Definition: p.Endpoints.Definitions.Source},
			{Name: "lake, full loads", Arn: p.Endpoints.Full, Definition: p.Endpoints.Definitions.Full},
			{Name: "lake, changes", Arn: p.Endpoints.CDC, Definition: p.Endpoints.Definitions.CDC},
		},
	}
	if d.Source.Check == department.CheckRequire {
		state.Require = "true"
	}
	properties, err := plain(state)
	if err != nil {
		panic(err) // unreachable: the properties are strings
	}
	properties["ServiceToken"] = function.ARN
	return awscdk.NewCfnResource(scope, new("Connections"), &awscdk.CfnResourceProps{
		Type: new(contract.ConnectionsType), Properties: &properties,
	})
}

// testConnections allows to test the connections of the instance to the endpoints of this stack.
func (p functionsProps) testConnections() []statement {
	s := describe("dms:DescribeConnections")
	s.Sid = "Connections"
	return []statement{s, {
		Sid: "Connect", Actions: []string{"dms:TestConnection"},
		Resources: []string{p.Instance.ARN, p.Endpoints.Source, p.Endpoints.Full, p.Endpoints.CDC},
	}}
}
