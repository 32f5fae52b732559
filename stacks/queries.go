package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
)

// savedQuery is a query of Logs Insights that people find in the console under the name of the stack.
type savedQuery struct {
	ID, Name string
	Groups   []any // names of log groups
	Text     string
}

// newQueries saves queries of the department's logs. A slash in a name makes a folder in the console.
func newQueries(parent constructs.Construct, stackName string, f functions, machine stateMachine, instance replication) {
	scope := constructs.NewConstruct(parent, new("Queries"))
	var steps []any
	for _, name := range f.logGroups() {
		steps = append(steps, name)
	}
	for _, q := range []savedQuery{
		{
			"Runs", "runs and their outcomes",
			[]any{*f.Record.Logs.Ref()},
			recordedRuns + " | sort @timestamp desc | limit 200",
		},
		{
			"Run", "one run, step by step", steps,
			"fields @timestamp, step, msg, phase, task, reason | filter run like /NAME-OF-THE-EXECUTION/ | sort @timestamp asc | limit 1000",
		},
		{
			"Warnings", "warnings and errors of all functions", steps,
			"fields @timestamp, level, step, job, msg, reason, task | filter level in ['WARN', 'ERROR'] or @message like /Task timed out|Runtime\\./ " +
				"| sort @timestamp desc | limit 200",
		},
		{
			"Failures", "states that failed, by error",
			[]any{*machine.Logs.Ref()},
			"filter type in ['TaskFailed', 'LambdaFunctionFailed', 'ExecutionFailed', 'ExecutionAborted', 'ExecutionTimedOut'] " +
				"| fields @timestamp, type, details.error, details.cause, execution_arn | sort @timestamp desc | limit 200",
		},
		{
			"Tasks", "errors and warnings of replication tasks",
			[]any{*instance.TaskLogs.Ref()},
			"fields @timestamp, @logStream, @message | filter @message like /\\]E:|\\]W:/ | sort @timestamp desc | limit 200",
		},
	} {
		awslogs.NewCfnQueryDefinition(scope, &q.ID, &awslogs.CfnQueryDefinitionProps{
			Name: new(stackName + "/" + q.Name), LogGroupNames: &q.Groups, QueryString: &q.Text,
		})
	}
}

// recordedRuns finds the lines that the function record writes for each run.
const recordedRuns = "filter msg = 'run recorded' | fields @timestamp, job, outcome, rows, seconds, reason, run"
