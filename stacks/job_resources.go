package stacks

import (
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

// cleanup is the custom resources that take down replication tasks: one of the stack, and one of each job by its name.
type cleanup struct {
	Stack awscdk.CfnResource
	Jobs  map[string]awscdk.CfnResource
}

// newCleanup takes down the tasks of a job that the file no longer names, and all tasks when the stack goes. Tasks are
// made when jobs run, so CloudFormation knows nothing of them, and DMS deletes neither an instance nor an endpoint that
// a task uses. At the end of a deploy it also starts a run of every job that follows changes and is new or changed.
//
// Dependency order matters. What a task needs must exist before a run starts and be deleted after the clean-up, so the clean-up
// depends on it. A schedule would start new runs, so it depends on its job's clean-up and is deleted first. CloudFormation
// deletes what a template no longer has only when the rest of the deploy has succeeded: a deploy that is rolled back deletes
// nothing.
func newCleanup(
	parent constructs.Construct, d *department.Department, m *manifest.Manifest, p functionsProps, machine stateMachine,
	needs ...constructs.IDependable,
) cleanup {
	scope := constructs.NewConstruct(parent, new("Cleanup"))
	executions := arn("states", "execution:"+machine.Name+":*")
	remover := newFunction(scope, "cleanup", p, spec{
		Timeout: contract.CustomResourceTimeout, Does: "starts runs of changed jobs, and takes down tasks that no job needs any more", Allow: []statement{
			describe("dms:DescribeReplicationTasks"),
			readTaskTags(),
			p.ownTasks("Remove", "dms:StopReplicationTask", "dms:DeleteReplicationTask"),
			p.items("Records", "dynamodb:PutItem", "dynamodb:DeleteItem"),
			ownStack("cloudformation:DescribeStacks"),
			{
				Sid: "Machine", Actions: []string{"states:ListExecutions", "states:StartExecution"},
				Resources: []string{machine.ARN},
			},
			{
				Sid: "Stop", Actions: []string{"states:DescribeExecution", "states:StopExecution", "states:GetExecutionHistory"},
				Resources: []string{executions}, Wide: executionsAreNamedLate,
			},
		},
	})
	again := remover.callsItself(scope)
	tasksOf := func(id string, properties map[string]any) awscdk.CfnResource {
		maps.Copy(properties, map[string]any{
			"ServiceToken": remover.ARN, "Stack": p.Stack, "InstanceArn": p.Instance.ARN, "StateMachineArn": machine.ARN,
		})
		return awscdk.NewCfnResource(scope, &id, &awscdk.CfnResourceProps{
			Type: new(contract.JobType), Properties: &properties,
		})
	}
	c := cleanup{Stack: tasksOf("Stack", map[string]any{}), Jobs: map[string]awscdk.CfnResource{}}
	c.Stack.Node().AddDependency(append(needs, again)...)
	for _, job := range d.Jobs {
		c.Jobs[job.Name] = tasksOf("Job-"+job.Name, jobProperties(d, job, m, p.Stack, p.Endpoints))
		c.Jobs[job.Name].Node().AddDependency(c.Stack)
	}
	return c
}

const executionsAreNamedLate = "Executions of this state machine; each gets its name when it starts."
