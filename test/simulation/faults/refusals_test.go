package faults_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
)

// A refusal is a permission that one function, or one run of it, lacks for a time, as after a mistake in a policy: AWS
// refuses the call permanently, and no retry helps.
//
// Guarantees during a refusal: no success that the source does not prove, no second record, and no endless work. After
// Record a run invokes only Publish and Delete, and a recovery does not fail before it has waited. A run that cannot write its record,
// delete its tasks, release its lease or send an alert fails, and recoveries follow it. Until one of them succeeds, its
// record may be missing, and its tasks and its lease may stay.
//
// Guarantees after the refusal: recoveries, or the job's next run, reach the same state as without it. Every run that had
// the lease has one record, every failure has an alert, and no task and no lease is left.
type refusal struct {
	Function, Service, Operation string
	Only                         string // the name of one refused execution; all executions when empty
	From, To                     time.Duration
}

// invocation is the permission of the state machine to invoke a function.
const invocation = "Invoke"

// permissions has the calls that each function makes, as "service operation".
var permissions = map[string][]string{
	"Prepare": {
		"s3 GetObject", "s3 PutObject", "dynamodb GetItem", "dynamodb Query", "dynamodb PutItem", "dynamodb DeleteItem",
		"states DescribeExecution", "sns Publish", "lambda Invoke",
	},
	"Check": {"s3 GetObject", "s3 PutObject", "secretsmanager GetSecretValue", "dms DescribeCertificates", "lambda Invoke"},
	"Create": {
		"s3 GetObject", "s3 PutObject", "dms DescribeReplicationTasks", "dms DescribeConnections", "dms TestConnection",
		"dms CreateReplicationTask", "dms ListTagsForResource", "dms StopReplicationTask", "dms DeleteReplicationTask",
		"dynamodb GetItem", "dynamodb BatchGetItem", "dynamodb TransactWriteItems", "lambda Invoke",
	},
	"Reconcile": {
		"s3 GetObject", "s3 PutObject", "dms DescribeReplicationTasks", "dms DescribeConnections", "dms TestConnection",
		"dms CreateReplicationTask", "dms ListTagsForResource", "dms StopReplicationTask", "dms DeleteReplicationTask",
		"dms ModifyReplicationTask", "dms ReloadTables", "dms DescribeTableStatistics", "dms DescribeReplicationInstances",
		"dms DescribeEvents", "dynamodb GetItem", "dynamodb BatchGetItem", "dynamodb Query", "dynamodb TransactWriteItems",
		"s3 ListObjectsV2", "lambda Invoke",
	},
	"Start": {
		"dms DescribeReplicationTasks", "dms StartReplicationTask", "dms ListTagsForResource", "dms StopReplicationTask",
		"dms DeleteReplicationTask", "dynamodb GetItem", "lambda Invoke",
	},
	"Poll": {
		"dms DescribeReplicationTasks", "dms DescribeConnections", "dms DescribeReplicationInstances", "dms DescribeEvents",
		"lambda Invoke",
	},
	"Verify": {
		"s3 GetObject", "s3 PutObject", "s3 ListObjectsV2", "dms DescribeReplicationTasks", "dms DescribeTableStatistics",
		"lambda Invoke",
	},
	"Record": {
		"s3 GetObject", "s3 ListObjectsV2", "dms DescribeReplicationTasks", "dms DescribeTableStatistics", "dynamodb GetItem",
		"dynamodb Query", "dynamodb BatchGetItem", "dynamodb PutItem", "dynamodb TransactWriteItems", "monitoring GetMetricData",
		"sns Publish", "lambda Invoke",
	},
	"Publish": {
		"s3 GetObject", "s3 PutObject", "s3 ListObjectsV2", "s3 DeleteObjects", "dynamodb GetItem", "dynamodb BatchGetItem",
		"dynamodb Query", "dynamodb PutItem", "dynamodb TransactWriteItems", "glue GetTable", "glue CreateTable", "glue UpdateTable",
		"lambda Invoke",
	},
	"Delete": {
		"dms DescribeReplicationTasks", "dms StopReplicationTask", "dms DeleteReplicationTask", "dms ListTagsForResource",
		"dynamodb GetItem", "dynamodb DeleteItem", "dynamodb TransactWriteItems", "lambda Invoke",
	},
	"Orphans": {
		"s3 GetObject", "dms DescribeReplicationTasks", "dms ListTagsForResource", "dynamodb GetItem", "dynamodb PutItem",
		"dynamodb Query", "monitoring GetMetricData", "monitoring PutMetricData",
		"states ListExecutions", "states StartExecution", "states DescribeExecution", "glue GetTables", "glue DeleteTable", "lambda Invoke",
	},
	"Cleanup": {
		"dms TestConnection", "dms DescribeConnections",
		"dms DescribeReplicationTasks", "dms StopReplicationTask", "dms DeleteReplicationTask", "dms ListTagsForResource",
		"dynamodb GetItem", "dynamodb Query", "dynamodb PutItem", "dynamodb DeleteItem", "dynamodb TransactWriteItems",
		"cloudformation DescribeStacks", "states ListExecutions",
		"states StartExecution", "states DescribeExecution", "states StopExecution", "states GetExecutionHistory", "lambda Invoke",
	},
}

// addRefusals adds one or two refusals to some schedules. It uses its own throws, so that the rest of a plan is the same.
func (p *plan) addRefusals() {
	r := p.dice.throw("refusals")
	if r.IntN(2) == 0 {
		return
	}
	functions := slices.DeleteFunc(slices.Sorted(maps.Keys(permissions)), func(name string) bool {
		return name == "Cleanup" && p.destroyed < 0 // The clean-up runs only when a stack is deleted.
	})
	for range one(r, 1, 1, 1, 2) {
		f := refusal{Function: one(r, functions...), From: one(r, 0, between(r, time.Millisecond, disturbed))}
		f.To = f.From + between(r, 10*time.Minute, one[time.Duration](r, 1, 6, 24)*time.Hour)
		f.Service, f.Operation, _ = strings.Cut(one(r, permissions[f.Function]...), " ")
		if r.IntN(3) == 0 && f.Function != "Cleanup" {
			f.Only, f.From, f.To = one(r, p.starts...).Name, 0, disturbed
		}
		p.refusals = append(p.refusals, f)
	}
}

// lifted returns when the last refusal and all other faults have ended.
func (p *plan) lifted() time.Duration {
	last := disturbed
	for _, f := range p.refusals {
		last = max(last, f.To)
	}
	return last
}

// refused reports whether AWS refuses a call of a function now. by is the name of the execution. The caller holds the lock.
func (f *faults) refused(function, by, service, operation string) bool {
	if f.begun.IsZero() {
		return false
	}
	since := time.Since(f.begun)
	for _, r := range f.plan.refusals {
		if r.Function == function && r.Service == service && r.Operation == operation && (r.Only == "" || r.Only == by) &&
			since >= r.From && since < r.To {
			f.came("denied", []any{by, function, service, operation})
			return true
		}
	}
	return false
}

// deny refuses the call of a function if the plan says so, and notes a call that is not in permissions. The caller holds
// the lock.
func (f *faults) deny(c gateway.Call, by string) (gateway.Disturbance, bool) {
	function := harness.FunctionOf(c)
	if function == "" || c.Service == "lambda" {
		return gateway.Disturbance{}, false
	}
	if call := c.Service + " " + c.Operation; !slices.Contains(permissions[function], call) {
		f.unlisted[function+" "+call] = true
	}
	if !f.refused(function, by, c.Service, c.Operation) {
		return gateway.Disturbance{}, false
	}
	return gateway.Disturbance{Refuse: harness.Denied(c)}, true
}
