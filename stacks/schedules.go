package stacks

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// schedules start a department's jobs, and the search for orphans. They have their own schedule group, with the stack's
// name. The schedule of a job has the name of the job. So people can find it, and departments cannot have schedules with the same
// name.
type schedules struct {
	Group          string
	DeadLetterURL  string
	DeadLetterName string
}

// EventBridge Scheduler retries a failed start for an hour. After that it sends the start to the dead-letter queue, and the
// job runs at its next time.
const (
	startAttempts = 10
	startSeconds  = 3600
	daysKept      = 14 // days for which the dead-letter queue keeps a start; the most that SQS allows
)

func newSchedules(parent constructs.Construct, d *department.Department, stackName, machineARN string, tasks cleanup) schedules {
	scope := constructs.NewConstruct(parent, new("Schedules"))
	queue := newDeadLetters(scope)
	role := newStarter(scope, stackName, machineARN, *queue.AttrArn())
	group := awsscheduler.NewCfnScheduleGroup(scope, new("Group"), &awsscheduler.CfnScheduleGroupProps{Name: &stackName})
	retries := &awsscheduler.CfnSchedule_RetryPolicyProperty{
		MaximumRetryAttempts: new(float64(startAttempts)), MaximumEventAgeInSeconds: new(float64(startSeconds)),
	}
	deadLetters := &awsscheduler.CfnSchedule_DeadLetterConfigProperty{Arn: queue.AttrArn()}
	for _, job := range d.Jobs {
		schedule := awsscheduler.NewCfnSchedule(scope, new("Job-"+job.Name), &awsscheduler.CfnScheduleProps{
			Name: &job.Name, GroupName: group.Ref(),
			Description:                new("oralake " + d.Name + ": " + string(job.Type) + " of " + job.Name),
			ScheduleExpression:         &job.Schedule,
			ScheduleExpressionTimezone: &d.Timezone,
			FlexibleTimeWindow:         &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: new("OFF")},
			Target: &awsscheduler.CfnSchedule_TargetProperty{
				Arn: &machineARN, RoleArn: role.AttrArn(), Input: new(input(job.Name)),
				RetryPolicy: retries, DeadLetterConfig: deadLetters,
			},
		})
		schedule.Node().AddDependency(tasks.Jobs[job.Name])
	}
	awsscheduler.NewCfnSchedule(scope, new("Orphans"), &awsscheduler.CfnScheduleProps{
		Name: new(orphansSchedule), GroupName: group.Ref(),
		Description:        new("oralake " + d.Name + ": finds replication tasks and leases that no running run owns"),
		ScheduleExpression: new(fmt.Sprintf("rate(%d minutes)", contract.OrphansMinutes)),
		FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: new("OFF")},
		Target: &awsscheduler.CfnSchedule_TargetProperty{
			Arn: &machineARN, RoleArn: role.AttrArn(), Input: new(`{"findOrphans":true}`),
			RetryPolicy: retries, DeadLetterConfig: deadLetters,
		},
	}).Node().AddDependency(tasks.Stack)
	return schedules{Group: *group.Ref(), DeadLetterURL: *queue.AttrQueueUrl(), DeadLetterName: *queue.AttrQueueName()}
}

// orphansSchedule is the name of the schedule that finds orphans. No job can have it, because the names of jobs have no underscore.
const orphansSchedule = "find_orphans"

// input returns the state machine's input for a job.
func input(job string) string {
	document, err := json.Marshal(map[string]string{"job": job})
	if err != nil {
		panic(err) // unreachable: a map of strings can be written as JSON
	}
	return string(document)
}

// newDeadLetters adds the queue for failed starts that EventBridge Scheduler no longer retries.
func newDeadLetters(scope constructs.Construct) awssqs.CfnQueue {
	queue := awssqs.NewCfnQueue(scope, new("DeadLetters"), &awssqs.CfnQueueProps{
		SqsManagedSseEnabled: true, MessageRetentionPeriod: new(float64(daysKept * 24 * 3600)),
	})
	acceptFinding(queue, finding{
		Rule:   "AwsSolutions-SQS3",
		Reason: "This queue is itself a dead-letter queue, of the schedules; the rule does not consider schedules.",
	})
	awssqs.NewCfnQueuePolicy(scope, new("DeadLettersPolicy"), &awssqs.CfnQueuePolicyProps{
		Queues: jsii.Strings(*queue.Ref()), PolicyDocument: policyDocument(denyPlainHTTP("sqs:*", *queue.AttrArn())),
	})
	return queue
}

// newStarter adds the role with which only the schedules of this group start the state machine.
func newStarter(scope constructs.Construct, group, machineARN, queueARN string) awsiam.CfnRole {
	return newRole(scope, "Role", roleProps{
		Service: "scheduler.amazonaws.com", Description: "The schedules start the department's state machine",
		When: condition{"StringEquals": {
			"aws:SourceAccount": *awscdk.Aws_ACCOUNT_ID(), "aws:SourceArn": arn("scheduler", "schedule-group/"+group),
		}},
		Allow: []statement{
			{Sid: "Start", Actions: []string{"states:StartExecution"}, Resources: []string{machineARN}},
			{Sid: "DeadLetters", Actions: []string{"sqs:SendMessage"}, Resources: []string{queueARN}},
		},
	})
}
