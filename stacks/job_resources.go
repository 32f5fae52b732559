package stacks

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

// cleanup has the custom resources that delete replication tasks: one for the stack, and one for each job, by its name.
type cleanup struct {
	Found awscdk.Reference // what the connection tests of the deploy found
	Stack awscdk.CfnResource
	Jobs  map[string]awscdk.CfnResource
}

// newCleanup adds the cleanup function and its custom resources. The function deletes the tasks of a job that the file no
// longer has, and all tasks when the stack is deleted. Runs create the tasks, so CloudFormation does not know them, and DMS
// refuses to delete an instance or endpoint that a task uses. At the end of a deploy the function also starts a run of every
// new or changed job that follows changes.
//
// Dependency order matters. The resources that a task needs must exist before a run starts, and must be deleted after the
// tasks. So the custom resources depend on them. A schedule would start new runs, so it depends on its job's custom resource
// and is deleted first. CloudFormation deletes removed resources only after the rest of the deploy succeeded. So a deploy
// that is rolled back deletes nothing.
func newCleanup(
	parent constructs.Construct, d *department.Department, m *manifest.Manifest, p functionsProps, machine stateMachine,
	needs ...constructs.IDependable,
) cleanup {
	scope := constructs.NewConstruct(parent, new("Cleanup"))
	executions := arn("states", "execution:"+machine.Name+":*")
	function := newFunction(scope, "cleanup", p, spec{
		Timeout: contract.CustomResourceTimeout, Does: "starts runs of changed jobs, tests connections, and deletes the tasks of removed jobs",
		Allow: slices.Concat([]statement{
			describe("dms:DescribeReplicationTasks"),
			readTaskTags(),
			p.ownTasks("Remove", "dms:StopReplicationTask", "dms:DeleteReplicationTask"),
			p.items("Records", slices.Concat(readState, writeState)...),
			ownStack("cloudformation:DescribeStacks"),
			{
				Sid: "Machine", Actions: []string{"states:ListExecutions", "states:StartExecution"},
				Resources: []string{machine.ARN},
			},
			{
				Sid: "Stop", Actions: []string{"states:DescribeExecution", "states:StopExecution", "states:GetExecutionHistory"},
				Resources: []string{executions}, Wide: executionsAreNamedLate,
			},
		}, p.testConnections(), p.alert()),
		Environment: map[string]string{contract.EnvTopicARN: p.Topic.ARN},
	})
	again := function.callsItself(scope)
	connections := newConnections(scope, d, p, function)
	connections.Node().AddDependency(append(needs, again)...)
	newResource := func(id string, properties map[string]any) awscdk.CfnResource {
		maps.Copy(properties, map[string]any{
			"ServiceToken": function.ARN, "Stack": p.Stack, "InstanceArn": p.Instance.ARN, "StateMachineArn": machine.ARN,
		})
		return awscdk.NewCfnResource(scope, &id, &awscdk.CfnResourceProps{
			Type: new(contract.JobType), Properties: &properties,
		})
	}
	c := cleanup{
		Found: connections.GetAtt(new(contract.ConnectionsFound), awscdk.ResolutionTypeHint_STRING),
		Stack: newResource("Stack", map[string]any{}), Jobs: map[string]awscdk.CfnResource{},
	}
	c.Stack.Node().AddDependency(append(needs, again)...)
	for _, job := range d.Jobs {
		c.Jobs[job.Name] = newResource("Job-"+job.Name, jobProperties(d, job, m, p.Stack, p.Endpoints))
		// The first run of a job begins when the connections were tested: with source.check: require none begins if they do not work.
		c.Jobs[job.Name].Node().AddDependency(c.Stack, connections)
	}
	return c
}

// executionsAreNamedLate is the reason for a wildcard in the ARN of executions.
const executionsAreNamedLate = "Executions of this state machine; each gets its name when it starts."
