package cloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/oralake/oralake/test/aws/cloudwatch"
	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/scheduler"
	"github.com/oralake/oralake/test/aws/sqs"
	"github.com/oralake/oralake/test/aws/stepfunctions"
)

// gauges are the metrics that services have a value of at any time.
type gauges struct {
	tasks  *dms.Service
	queues *sqs.Service
}

// Gauge implements cloudwatch.Gauges.
func (g gauges) Gauge(namespace, metric string, dimensions map[string]string) (float64, bool) {
	switch namespace {
	case "AWS/DMS":
		return g.tasks.Gauge(metric, dimensions)
	case "AWS/SQS":
		messages, ok := g.queues.Visible(dimensions["QueueName"])
		return float64(messages), ok
	}
	return 0, false
}

// count adds 1 to a metric that has one dimension.
func (c *Cloud) count(namespace, metric, dimension, value string) {
	c.Metrics.Put(cloudwatch.Datum{Namespace: namespace, Metric: metric, Dimensions: map[string]string{dimension: value}, Value: 1})
}

// measure makes services publish their metrics.
func (c *Cloud) measure() {
	c.States.Observe(func(change stepfunctions.StatusChange) {
		metric := map[string]string{
			"RUNNING": "ExecutionsStarted", "SUCCEEDED": "ExecutionsSucceeded", "FAILED": "ExecutionsFailed", "TIMED_OUT": "ExecutionsTimedOut",
			"ABORTED": "ExecutionsAborted",
		}[change.Status]
		c.count("AWS/States", metric, "StateMachineArn", change.MachineARN)
	})
	c.States.ObserveThrottled(func(machine string) { c.count("AWS/States", "ExecutionThrottled", "StateMachineArn", machine) })
	c.SNS.Count(func(topic, metric string) { c.count("AWS/SNS", metric, "TopicName", topic) })
	c.Scheduler.Observe(c.measureDelivery)
}

// measureDelivery publishes the metrics of a firing of a schedule. Source: "Monitoring Amazon EventBridge Scheduler with Amazon
// CloudWatch" of the user guide.
func (c *Cloud) measureDelivery(d scheduler.Delivery) {
	count := func(metric string, times int) {
		for range times {
			c.count("AWS/Scheduler", metric, "ScheduleGroup", d.Group)
		}
	}
	count("InvocationAttemptCount", 1+d.Retries)
	count("TargetErrorCount", d.Retries)
	if d.Err == nil {
		return
	}
	count("TargetErrorCount", 1)
	count("InvocationDroppedCount", 1)
	if d.DeadLetterErr == nil {
		count("InvocationsSentToDeadLetterCount", 1)
	} else {
		count("InvocationsFailedToBeSentToDeadLetterCount", 1)
	}
}

// publishAlarm publishes the message of an alarm, as CloudWatch: the policies of the topic and of its key decide.
func (c *Cloud) publishAlarm(own *ownKeys) cloudwatch.Publish {
	return func(ctx context.Context, alarmARN, topicARN, subject, message string) error {
		config := c.Config(own.actFor("cloudwatch.amazonaws.com", alarmARN))
		config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
		_, err := awssns.NewFromConfig(config).Publish(ctx, &awssns.PublishInput{TopicArn: &topicARN, Subject: &subject, Message: &message})
		return err
	}
}
