package stacks

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/oralake/oralake/internal/department"
)

// schedules start a department's jobs. They have a group to themselves, named as the stack; in it each is named as
// its job, so a person finds them and no other department can have the same.
type schedules struct {
	Group         string
	DeadLetterURL string
}

// A start that fails is tried again for an hour; after that a job waits for its next turn, and the start that never
// was lies in the dead-letter queue.
const (
	startAttempts = 10
	startSeconds  = 3600
	daysKept      = 14 // in the dead-letter queue; the most that SQS allows
)

func newSchedules(parent constructs.Construct, d *department.Department, stackName, machineARN string, tasks cleanup) schedules {
	scope := constructs.NewConstruct(parent, new("Schedules"))
	queue := newDeadLetters(scope)
	role := newStarter(scope, stackName, machineARN, *queue.AttrArn())
	group := awsscheduler.NewCfnScheduleGroup(scope, new("Group"), &awsscheduler.CfnScheduleGroupProps{Name: &stackName})
	for _, job := range d.Jobs {
		schedule := awsscheduler.NewCfnSchedule(scope, new("Job-"+job.Name), &awsscheduler.CfnScheduleProps{
			Name: &job.Name, GroupName: group.Ref(),
			Description:                new("oralake " + d.Name + ": " + string(job.Type) + " of " + job.Name),
			ScheduleExpression:         &job.Schedule,
			ScheduleExpressionTimezone: &d.Timezone,
			FlexibleTimeWindow:         &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: new("OFF")},
			Target: &awsscheduler.CfnSchedule_TargetProperty{
				Arn: &machineARN, RoleArn: role.AttrArn(), Input: new(input(job.Name)),
				RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{
					MaximumRetryAttempts: new(float64(startAttempts)), MaximumEventAgeInSeconds: new(float64(startSeconds)),
				},
				DeadLetterConfig: &awsscheduler.CfnSchedule_DeadLetterConfigProperty{Arn: queue.AttrArn()},
			},
		})
		schedule.Node().AddDependency(tasks.Jobs[job.Name])
	}
	return schedules{Group: *group.Ref(), DeadLetterURL: *queue.AttrQueueUrl()}
}

// input is the state machine's input for a job.
func input(job string) string {
	document, err := json.Marshal(map[string]string{"job": job})
	if err != nil {
		panic(err) // A map of strings always has a JSON form.
	}
	return string(document)
}

// newDeadLetters holds the starts that Scheduler gave up on.
func newDeadLetters(scope constructs.Construct) awssqs.CfnQueue {
	queue := awssqs.NewCfnQueue(scope, new("DeadLetters"), &awssqs.CfnQueueProps{
		SqsManagedSseEnabled: true, MessageRetentionPeriod: new(float64(daysKept * 24 * 3600)),
	})
	acceptFinding(queue, finding{
		Rule:   "AwsSolutions-SQS3",
		Reason: "This is a dead-letter queue itself: that of the schedules, which the rule does not look at.",
	})
	awssqs.NewCfnQueuePolicy(scope, new("DeadLettersPolicy"), &awssqs.CfnQueuePolicyProps{
		Queues: jsii.Strings(*queue.Ref()), PolicyDocument: policyDocument(denyPlainHTTP("sqs:*", *queue.AttrArn())),
	})
	return queue
}

// newStarter is the role by which the schedules of this group, and no others, start the state machine.
func newStarter(scope constructs.Construct, group, machineARN, queueARN string) awsiam.CfnRole {
	return newRole(scope, "Role", roleProps{
		Service: "scheduler.amazonaws.com", Description: "The schedules start the department's state machine",
		When: condition{"StringEquals": {
			"aws:SourceAccount": *awscdk.Aws_ACCOUNT_ID(), "aws:SourceArn": arn("scheduler", "schedule-group/"+group),
		}},
		Allow: []statement{
			{Sid: "Start", Actions: []string{"states:StartExecution"}, Resources: []string{machineARN}},
			{Sid: "GiveUp", Actions: []string{"sqs:SendMessage"}, Resources: []string{queueARN}},
		},
	})
}
