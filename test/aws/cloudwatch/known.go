package cloudwatch

import (
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// published are the metrics of services that the embedded AWS publishes, and the dimensions of each. Sources: the pages about
// monitoring of the guides of each service.
var published = map[string]struct {
	metrics, dimensions []string
	gauge               bool // the service has a value at any time
}{
	"AWS/DMS task": {
		[]string{"CDCLatencySource", "CDCLatencyTarget"}, []string{"ReplicationInstanceIdentifier", "ReplicationTaskIdentifier"}, true,
	},
	"AWS/DMS instance": {
		[]string{"CPUUtilization", "FreeStorageSpace", "FreeableMemory", "SwapUsage"}, []string{"ReplicationInstanceIdentifier"}, true,
	},
	"AWS/SQS": {[]string{"ApproximateNumberOfMessagesVisible"}, []string{"QueueName"}, true},
	"AWS/States": {
		[]string{"ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionThrottled"},
		[]string{"StateMachineArn"},
		false,
	},
	"AWS/Scheduler": {
		[]string{
			"InvocationAttemptCount", "TargetErrorCount", "InvocationDroppedCount", "InvocationsSentToDeadLetterCount",
			"InvocationsFailedToBeSentToDeadLetterCount",
		},
		[]string{"ScheduleGroup"},
		false,
	},
	"AWS/Lambda": {[]string{"Invocations", "Errors", "Throttles"}, []string{"FunctionName"}, false},
	"AWS/SNS":    {[]string{"NumberOfMessagesPublished", "NumberOfNotificationsFailed"}, []string{"TopicName"}, false},
}

// isGauge reports whether a service has a value of a metric at any time.
func isGauge(namespace, metric string) bool {
	for kind, p := range published {
		name, _, _ := strings.Cut(kind, " ")
		if name == namespace && slices.Contains(p.metrics, metric) {
			return p.gauge
		}
	}
	return false
}

// checkKnown refuses a metric that no service here publishes, and dimensions with which none does. On AWS such a metric is empty.
func checkKnown(namespace, metric string, dimensions []string) error {
	if !strings.HasPrefix(namespace, "AWS/") {
		return nil // the metrics of programs
	}
	known := false
	for kind, p := range published {
		name, _, _ := strings.Cut(kind, " ")
		if name != namespace {
			continue
		}
		known = true
		if !slices.Contains(p.metrics, metric) {
			continue
		}
		for _, d := range dimensions {
			if !slices.Contains(p.dimensions, d) {
				return gateway.NotImplemented("the dimension " + d + " of " + namespace + " " + metric)
			}
		}
		if len(dimensions) != len(p.dimensions) {
			return gateway.NotImplemented(namespace + " " + metric + " without the dimensions " + strings.Join(p.dimensions, " and "))
		}
		return nil
	}
	if !known {
		return gateway.NotImplemented("metrics of namespace " + namespace)
	}
	return gateway.NotImplemented("the metric " + namespace + " " + metric)
}
