package faults_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
)

// A refusal is a permission that one function, or one run of it, does not have for a time, as after a mistake in a policy:
// AWS refuses the call for good, and no retry helps.
//
// What is promised while a refusal lasts: no success that the source does not prove, no second record, and nothing endless.
// After Record a run invokes nothing but Delete, and a recovery does not fail sooner than it waits. A run that cannot be
// recorded, cannot delete its tasks, cannot release its lease or cannot tell people fails, and recoveries follow it. Its
// record may be missing and its tasks and its lease may stay for that long.
//
// What is promised once the refusal is lifted: recoveries, or the job's next run, bring everything to where it is without a
// refusal. Every run that had the lease has one record, people know of every failure, and neither tasks nor a lease are left.
type refusal struct {
	Function, Service, Operation string
	Only                         string // the name of the one execution that it concerns; all when empty
	From, To                     time.Duration
}

// invocation stands for the permission to invoke a function at all, which the state machine has.
const invocation = "Invoke"

// permissions are the calls that functions make, each "service operation".
var permissions = map[string][]string{
	"Prepare": {"s3 GetObject", "s3 PutObject", "dynamodb PutItem", "states DescribeExecution", "lambda Invoke"},
	"Check":   {"s3 GetObject", "s3 PutObject", "secretsmanager GetSecretValue", "lambda Invoke"},
	"Create": {
		"s3 GetObject", "s3 PutObject", "dms DescribeReplicationTasks", "dms DescribeConnections", "dms TestConnection",
		"dms CreateReplicationTask", "dms ListTagsForResource", "dms StopReplicationTask", "dms DeleteReplicationTask",
		"lambda Invoke",
	},
	"Reconcile": {
		"s3 GetObject", "s3 PutObject", "dms DescribeReplicationTasks", "dms DescribeConnections", "dms TestConnection",
		"dms CreateReplicationTask", "dms ListTagsForResource", "dms StopReplicationTask", "dms DeleteReplicationTask",
		"dms ModifyReplicationTask", "dms ReloadTables", "dms DescribeTableStatistics", "dynamodb GetItem", "dynamodb PutItem",
		"lambda Invoke",
	},
	"Start": {"dms DescribeReplicationTasks", "dms StartReplicationTask", "lambda Invoke"},
	"Poll":  {"dms DescribeReplicationTasks", "dms DescribeConnections", "lambda Invoke"},
	"Verify": {
		"s3 GetObject", "s3 PutObject", "s3 ListObjectsV2", "dms DescribeReplicationTasks", "dms DescribeTableStatistics",
		"lambda Invoke",
	},
	"Record": {
		"s3 GetObject", "s3 ListObjectsV2", "dms DescribeReplicationTasks", "dms DescribeTableStatistics", "dynamodb GetItem",
		"dynamodb BatchGetItem", "dynamodb PutItem", "dynamodb BatchWriteItem", "monitoring GetMetricData", "sns Publish",
		"lambda Invoke",
	},
	"Delete": {
		"dms DescribeReplicationTasks", "dms StopReplicationTask", "dms DeleteReplicationTask", "dms ListTagsForResource",
		"dynamodb DeleteItem", "lambda Invoke",
	},
	"Cleanup": {
		"dms DescribeReplicationTasks", "dms StopReplicationTask", "dms DeleteReplicationTask", "dms ListTagsForResource",
		"dynamodb PutItem", "dynamodb DeleteItem", "cloudformation DescribeStacks", "states ListExecutions",
		"states StartExecution", "states DescribeExecution", "states StopExecution", "states GetExecutionHistory", "lambda Invoke",
	},
}

// addRefusals has some schedules refuse one call or two. It throws for itself: the rest of a plan is as it is without.
func (p *plan) addRefusals() {
	r := p.dice.throw("refusals")
	if r.IntN(2) == 0 {
		return
	}
	functions := slices.DeleteFunc(slices.Sorted(maps.Keys(permissions)), func(name string) bool {
		return name == "Cleanup" && p.destroyed < 0 // Then nobody calls it.
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

// lifted is when the last refusal and all other faults are over.
func (p *plan) lifted() time.Duration {
	last := disturbed
	for _, f := range p.refusals {
		last = max(last, f.To)
	}
	return last
}

// refused says whether a function may not make a call now; by names the execution for which it does. The caller holds the
// lock.
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

// deny refuses the call of a function for good, and notes a call that permissions does not have. The caller holds the lock.
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
