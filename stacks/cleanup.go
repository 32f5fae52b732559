package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/department"
)

// newCleanup is the custom resource that takes down the replication tasks of jobs which the file no longer names, and
// all tasks when the stack goes. Tasks are made when jobs run, so CloudFormation knows nothing of them, and DMS deletes
// neither an instance nor an endpoint that a task uses.
//
// The order is all: what a task needs must outlive the clean-up, so it depends on that; the schedules, which would
// start new tasks, depend on it, so they go first.
func newCleanup(parent constructs.Construct, d *department.Department, p functionsProps, machine workflow, needs ...constructs.IDependable) constructs.Construct {
	scope := constructs.NewConstruct(parent, new("Cleanup"))
	executions := arn("states", "execution:"+machine.Name+":*")
	remover := newFunction(scope, "cleanup", p, spec{
		Minutes: 15, Does: "takes down tasks that no job needs any more", Allow: []statement{
			describe("dms:DescribeReplicationTasks"),
			readTaskTags(),
			p.ownTasks("Remove", "dms:StopReplicationTask", "dms:DeleteReplicationTask"),
			{Sid: "List", Actions: []string{"states:ListExecutions"}, Resources: []string{machine.ARN}},
			{
				Sid: "Stop", Actions: []string{"states:DescribeExecution", "states:StopExecution"},
				Resources: []string{executions}, Wide: executionsAreNamedLate,
			},
		},
	})
	jobs := make([]string, len(d.Jobs))
	for i, job := range d.Jobs {
		jobs[i] = job.Name
	}
	tasks := awscdk.NewCfnResource(scope, new("Tasks"), &awscdk.CfnResourceProps{
		Type: new("Custom::OralakeTasks"),
		Properties: &map[string]any{
			"ServiceToken": remover.ARN, "Stack": p.Stack, "InstanceArn": p.Instance, "StateMachineArn": machine.ARN,
			"Jobs": jobs,
		},
	})
	tasks.Node().AddDependency(needs...)
	return tasks
}

const executionsAreNamedLate = "Executions of this state machine; each gets its name when it starts."
