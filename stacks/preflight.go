package stacks

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

// addPreflight adds the custom resource of newPreflight and makes all changeable resources depend on it. So every deploy
// starts with the preflight.
func addPreflight(
	stack awscdk.Stack, d *department.Department, m *manifest.Manifest, p functionsProps, changeable []constructs.Construct,
) error {
	definitions := map[string]string{}
	for _, j := range m.Jobs {
		if j.Type.Continuous() {
			definitions[j.Name] = fingerprint(map[string]any{"mappings": j.Tasks[0].Mappings, "settings": j.Tasks[0].Settings})
		}
	}
	state, err := contract.NewPreflightProperties(d, location(d), p.Endpoints.Definitions, definitions)
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

// newPreflight adds the custom resource with which every deploy starts. Its function compares the deployed department with
// the new one. If the deploy would lose something that the file does not allow to lose, the function fails the deploy before
// anything is changed.
//
// The custom resource must not refer to a resource that a deploy changes, because CloudFormation would change that resource
// first. So its role identifies tasks by their tag.
func newPreflight(parent constructs.Construct, p functionsProps, state contract.PreflightProperties) (awscdk.CfnResource, error) {
	scope := constructs.NewConstruct(parent, new("Preflight"))
	function := newFunction(scope, "preflight", p, spec{
		Timeout: contract.CustomResourceTimeout, Does: "compares the deployed department with the new one, before a deploy changes anything", Allow: []statement{
			describe("dms:DescribeReplicationTasks", "dms:DescribeReplicationInstances"),
			readTaskTags(),
			p.ownTasks("Stop", "dms:StopReplicationTask", "dms:DeleteReplicationTask"),
			p.items("Records", slices.Concat(readState, writeState)...),
			ownStack("cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents"),
		},
	})
	again := function.callsItself(scope)
	properties, err := plain(state)
	if err != nil {
		return nil, err
	}
	properties["EndpointTexts"] = endpointTexts(state) // for people; the function does not read it
	properties["ServiceToken"] = function.ARN
	preflight := awscdk.NewCfnResource(scope, new("Resource"), &awscdk.CfnResourceProps{
		Type: new(contract.PreflightType), Properties: &properties,
	})
	preflight.Node().AddDependency(again)
	return preflight, nil
}

// callsItself allows a function to invoke itself. The permission is a separate policy, because the function needs the role,
// so the role cannot name the function.
func (f lambdaFunction) callsItself(scope constructs.Construct) constructs.IDependable {
	return grant(scope, "CallAgain", f.Role, statement{
		Sid: "Again", Actions: []string{"lambda:InvokeFunction"}, Resources: []string{f.ARN},
	})
}

// ownStack allows to describe the stack itself. Only the stack's description says whether an update is rolled back.
func ownStack(actions ...string) statement {
	return statement{Sid: "Stack", Actions: actions, Resources: []string{*awscdk.Aws_STACK_ID()}}
}
