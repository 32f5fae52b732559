package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// addPreflight has every deploy begin with the custom resource of newPreflight: what can be changed waits for it.
func addPreflight(stack awscdk.Stack, d *department.Department, p functionsProps, changeable []constructs.Construct) error {
	state, err := contract.NewPreflightProperties(d, location(d.Network), p.Endpoints.Definitions)
	if err != nil {
		return err
	}
	first, err := newPreflight(stack, p, state)
	if err != nil {
		return err
	}
	for _, scope := range changeable {
		scope.Node().AddDependency(first)
	}
	return nil
}

func dependables(scopes []constructs.Construct) []constructs.IDependable {
	all := make([]constructs.IDependable, len(scopes))
	for i, scope := range scopes {
		all[i] = scope
	}
	return all
}

// newPreflight is the custom resource that every deploy begins with: it compares what is deployed with what is to be deployed
// and fails before anything was touched, when something would be lost that the file does not allow to lose.
//
// It must name nothing that a deploy changes, or CloudFormation would change that first: so its role knows tasks by their
// tag. What a deploy changes depends on it.
func newPreflight(parent constructs.Construct, p functionsProps, state contract.PreflightProperties) (awscdk.CfnResource, error) {
	scope := constructs.NewConstruct(parent, new("Preflight"))
	comparer := newFunction(scope, "preflight", p, spec{
		Timeout: contract.CustomResourceTimeout, Does: "compares a deploy with what it changes, before anything is touched", Allow: []statement{
			describe("dms:DescribeReplicationTasks"),
			readTaskTags(),
			p.ownTasks("Stop", "dms:StopReplicationTask", "dms:DeleteReplicationTask"),
			p.items("Records", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"),
			ownStack("cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents"),
		},
	})
	again := comparer.callsItself(scope)
	properties, err := plain(state)
	if err != nil {
		return nil, err
	}
	properties["EndpointTexts"] = endpointTexts(state.Endpoints) // for people; the function never reads it
	properties["ServiceToken"] = comparer.ARN
	preflight := awscdk.NewCfnResource(scope, new("Resource"), &awscdk.CfnResourceProps{
		Type: new(contract.PreflightType), Properties: &properties,
	})
	preflight.Node().AddDependency(again)
	return preflight, nil
}

// callsItself lets a function call itself again, by a policy of its own: the role cannot name the function that needs it.
func (f lambdaFunction) callsItself(scope constructs.Construct) constructs.IDependable {
	return grant(scope, "CallAgain", f.Role, statement{
		Sid: "Again", Actions: []string{"lambda:InvokeFunction"}, Resources: []string{f.ARN},
	})
}

// ownStack allows to look at the stack itself: whether an update is rolled back is said nowhere else.
func ownStack(actions ...string) statement {
	return statement{Sid: "Stack", Actions: actions, Resources: []string{*awscdk.Aws_STACK_ID()}}
}
