package stacks

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/contract"
)

// widget is a part of a dashboard ("Dashboard Body Structure and Syntax").
type widget struct {
	Type       string         `json:"type"`
	X          int            `json:"x"`
	Y          int            `json:"y"`
	Width      int            `json:"width"`
	Height     int            `json:"height"`
	Properties map[string]any `json:"properties"`
}

// The grid of a dashboard.
const (
	wholeRow  = 24
	halfRow   = 12
	maxListed = 100 // alarms of one widget
)

// newDashboard adds a dashboard that answers: did last night work, what is late, what is full. Dashboards have no region, so its name has
// that of the stack.
func newDashboard(parent constructs.Construct, w alarmed, fired alarms, f functions) {
	scope := constructs.NewConstruct(parent, new("Dashboard"))
	body, err := json.Marshal(map[string]any{"start": "-PT36H", "periodOverride": "inherit", "widgets": w.widgets(fired, f)})
	if err != nil {
		panic(err) // unreachable: texts, numbers and lists of them have a JSON form
	}
	awscloudwatch.NewCfnDashboard(scope, new("Dashboard"), &awscloudwatch.CfnDashboardProps{
		DashboardName: new(w.Stack + "-" + *awscdk.Aws_REGION()), DashboardBody: new(string(body)),
	})
}

func (w alarmed) widgets(fired alarms, f functions) []widget {
	y := 0
	var all []widget
	row := func(height int, parts ...widget) {
		x := 0
		for _, part := range parts {
			part.X, part.Y, part.Width, part.Height = x, y, wholeRow/len(parts), height
			x += part.Width
			all = append(all, part)
		}
		y += height
	}
	text := func(markdown string) widget {
		return widget{Type: "text", Properties: map[string]any{"markdown": markdown}}
	}

	row(1, text("## Department "+w.Department.Name+": did last night work?"))
	row(6,
		w.chart("Runs by outcome", "bar", "Sum", 86400, w.ofMachine("ExecutionsSucceeded"), w.ofMachine("ExecutionsFailed"),
			w.ofMachine("ExecutionsTimedOut"), w.ofMachine("ExecutionsAborted")),
		w.logs("Runs that ended, newest first", f.Record, recordedRuns+" | sort @timestamp desc | limit 50"))
	row(5, w.alarmList(fired))

	row(1, text("## What is late?"))
	row(6,
		w.search("Hours since the last success of each job", contract.MetricHoursSinceSuccess, "Maximum"),
		w.search("Seconds that tasks are behind their source, until written", contract.MetricTargetLatency, "Maximum"))
	row(6,
		w.chart("Starts that did not happen", "timeSeries", "Sum", 300, w.ofGroup("InvocationDroppedCount"), w.ofGroup("TargetErrorCount"),
			[]any{"AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", w.DeadLetter}),
		w.chart("Calls of functions that failed", "timeSeries", "Sum", 300, w.ofFunctionsMetric("Errors")...))

	row(1, text("## What is full?"))
	row(6,
		w.chart("Free storage of the replication instance, bytes", "timeSeries", "Minimum", 300, w.ofInstanceMetric("FreeStorageSpace")),
		w.chart("Memory, bytes", "timeSeries", "Average", 300, w.ofInstanceMetric("FreeableMemory"), w.ofInstanceMetric("SwapUsage")),
		w.chart("CPU, percent", "timeSeries", "Average", 300, w.ofInstanceMetric("CPUUtilization")))
	return all
}

// chart shows metrics, given as rows of a metric widget.
func (w alarmed) chart(title, view, statistic string, seconds int, metrics ...[]any) widget {
	return widget{Type: "metric", Properties: map[string]any{
		"title": title, "view": view, "stat": statistic, "period": seconds, "region": *awscdk.Aws_REGION(), "metrics": metrics,
	}}
}

// search shows a metric of every job, those included that a later deploy adds.
func (w alarmed) search(title, metric, statistic string) widget {
	expression := fmt.Sprintf(`SEARCH('{%s,%s,%s} MetricName="%s" %s="%s"', '%s', 1800)`,
		contract.MetricNamespace, contract.DimensionJob, contract.DimensionStack, metric, contract.DimensionStack, w.Stack, statistic)
	return w.chart(title, "timeSeries", statistic, 1800, []any{map[string]any{"expression": expression, "id": "jobs", "label": ""}})
}

func (w alarmed) ofMachine(metric string) []any {
	return []any{"AWS/States", metric, "StateMachineArn", w.MachineARN}
}

func (w alarmed) ofGroup(metric string) []any {
	return []any{"AWS/Scheduler", metric, "ScheduleGroup", w.Group}
}

func (w alarmed) ofInstanceMetric(metric string) []any {
	return []any{"AWS/DMS", metric, "ReplicationInstanceIdentifier", w.Instance}
}

func (w alarmed) ofFunctionsMetric(metric string) (rows [][]any) {
	for _, f := range w.Functions {
		rows = append(rows, []any{"AWS/Lambda", metric, "FunctionName", f.Name, map[string]any{"label": f.Step}})
	}
	return rows
}

// logs shows the answer to a query of a function's log.
func (w alarmed) logs(title string, of lambdaFunction, query string) widget {
	return widget{Type: "log", Properties: map[string]any{
		"title": title, "view": "table", "region": *awscdk.Aws_REGION(), "query": "SOURCE '" + *of.Logs.Ref() + "' | " + query,
	}}
}

// alarmList shows the states of alarms: first that of the composite alarm.
func (w alarmed) alarmList(fired alarms) widget {
	var arns []string
	for _, name := range append([]string{fired.Composite}, fired.Names...) {
		if name != "" && len(arns) < maxListed {
			arns = append(arns, arn("cloudwatch", "alarm:"+name))
		}
	}
	return widget{Type: "alarm", Properties: map[string]any{
		"title": "Alarms whose names begin with " + strings.TrimSuffix(w.Stack, "-"), "alarms": arns, "sortBy": "stateUpdatedTimestamp",
	}}
}
