package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/department"
)

// cleanup is the custom resources that take down replication tasks: one of the stack, and one of each job by its name.
type cleanup struct {
	Stack awscdk.CfnResource
	Jobs  map[string]awscdk.CfnResource
}

// newCleanup takes down the tasks of a job that the file no longer names, and all tasks when the stack goes. Tasks are
// made when jobs run, so CloudFormation knows nothing of them, and DMS deletes neither an instance nor an endpoint that
// a task uses.
//
// The order is all. What a task needs must outlive the clean-up, so that depends on it; a schedule would start new
// tasks, so it depends on its job's clean-up and goes first. CloudFormation removes what a template no longer has only
// when the rest of the deploy has succeeded: a deploy that is rolled back takes nothing down.
func newCleanup(parent constructs.Construct, d *department.Department, p functionsProps, machine workflow, needs ...constructs.IDependable) cleanup {
	scope := constructs.NewConstruct(parent, new("Cleanup"))
	executions := arn("states", "execution:"+machine.Name+":*")
	remover := newFunction(scope, "cleanup", p, spec{
		Minutes: 15, Does: "takes down tasks that no job needs any more", Allow: []statement{
			describe("dms:DescribeReplicationTasks"),
			readTaskTags(),
			p.ownTasks("Remove", "dms:StopReplicationTask", "dms:DeleteReplicationTask"),
			p.items("Records", "dynamodb:PutItem"),
			{Sid: "List", Actions: []string{"states:ListExecutions"}, Resources: []string{machine.ARN}},
			{
				Sid: "Stop", Actions: []string{"states:DescribeExecution", "states:StopExecution"},
				Resources: []string{executions}, Wide: executionsAreNamedLate,
			},
		},
	})
	// A policy of its own: the role cannot name the function that needs it.
	again := grant(scope, "CallAnew", remover.Role, statement{
		Sid: "Again", Actions: []string{"lambda:InvokeFunction"}, Resources: []string{remover.ARN},
	})
	tasksOf := func(id, job string) awscdk.CfnResource {
		properties := map[string]any{
			"ServiceToken": remover.ARN, "Stack": p.Stack, "InstanceArn": p.Instance, "StateMachineArn": machine.ARN,
		}
		if job != "" {
			properties["Job"] = job
		}
		return awscdk.NewCfnResource(scope, &id, &awscdk.CfnResourceProps{
			Type: new("Custom::OralakeTasks"), Properties: &properties,
		})
	}
	c := cleanup{Stack: tasksOf("Tasks", ""), Jobs: map[string]awscdk.CfnResource{}}
	c.Stack.Node().AddDependency(append(needs, again)...)
	for _, job := range d.Jobs {
		c.Jobs[job.Name] = tasksOf("Tasks-"+job.Name, job.Name)
		c.Jobs[job.Name].Node().AddDependency(c.Stack)
	}
	return c
}

const executionsAreNamedLate = "Executions of this state machine; each gets its name when it starts."
