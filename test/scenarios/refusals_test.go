package scenarios_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/lambda"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// way says which calls or invocations fail, every time, until it is fixed.
type way struct {
	name string
	// call reports which calls to AWS are refused. invocation makes invocations fail; do is the operation of the check
	// function. Functions are named by their identifiers in the template. overflow names the function whose result is
	// larger than Step Functions accepts.
	call       func(function string, c gateway.Call) bool
	invocation func(function, do string) lambda.Fault
	overflow   string
	// uncaught says that Step Functions behaves as its guide says: no Catch of States.ALL matches a result that is too large.
	uncaught bool
}

// broken is an account with a fault that can be turned on and off.
type broken struct {
	*testAccount
	way way

	mu      sync.Mutex
	on      bool
	invoked map[string]int // invocations of each function while the fault was on
	calls   map[string]bool
}

// openBroken opens an account with a fault, which is off.
func openBroken(t *testing.T, db *oracledb.Database, w way) *broken {
	t.Helper()
	b := &broken{way: w, invoked: map[string]int{}, calls: map[string]bool{}}
	b.testAccount = openWith(t, db, harness.Options{
		FunctionFaults: b.invocation, Disturb: b.call, Steps: b.steps(), DataLimitIsFinal: w.uncaught,
	})
	return b
}

func (b *broken) turn(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on = on
}

func (b *broken) call(c gateway.Call) gateway.Disturbance {
	function := harness.FunctionOf(c)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.on || function == "" {
		return gateway.Disturbance{}
	}
	b.calls[function+" "+c.Service+" "+c.Operation] = true
	if b.way.call != nil && b.way.call(function, c) {
		return gateway.Disturbance{Refuse: harness.Denied(c)}
	}
	return gateway.Disturbance{}
}

func (b *broken) invocation(call lambda.FunctionCall) lambda.Fault {
	function, do := harness.StepOf(call.Function), ""
	if strings.Contains(call.Function, "FunctionsCheck") {
		var input struct{ Do string }
		if err := json.Unmarshal(call.Payload, &input); err != nil {
			panic(err) // the payload is JSON of the functions
		}
		function, do = "Check", input.Do
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.on || function == "" {
		return lambda.Fault{}
	}
	b.invoked[function]++
	if b.way.invocation == nil {
		return lambda.Fault{}
	}
	return b.way.invocation(function, do)
}

// steps returns the real functions, of which one may overflow.
func (b *broken) steps() harness.Steps {
	steps := harness.RealSteps()
	newStep := steps[b.way.overflow]
	if newStep == nil {
		return steps
	}
	steps[b.way.overflow] = func(cfg aws.Config, getenv func(string) string, log *slog.Logger) (run.Step, error) {
		step, err := newStep(cfg, getenv, log)
		return func(ctx context.Context, doc run.Document) (run.Document, error) {
			after, err := step(ctx, doc)
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.on {
				after.LeaseHolder = strings.Repeat("x", 300<<10)
			}
			return after, err
		}, err
	}
	return steps
}

// mostInvocations is how often a function may be invoked in faultTime, the time for which the fault is on. An earlier bug
// invoked functions about 1,300 times in one run.
const (
	faultTime       = time.Hour
	mostInvocations = 150
)

// wantBounded checks that no function was invoked more than mostInvocations times.
func (b *broken) wantBounded() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for function, n := range b.invoked {
		if n > mostInvocations {
			b.t.Errorf("%s was invoked %d times in %v, want at most %d", function, n, faultTime, mostInvocations)
		}
	}
}

// visited returns the names of the states that an execution entered.
func (a *testAccount) visited(execution *string) (names []string) {
	a.t.Helper()
	pages := sfn.NewGetExecutionHistoryPaginator(a.Machine, &sfn.GetExecutionHistoryInput{ExecutionArn: execution})
	for pages.HasMorePages() {
		page, err := pages.NextPage(a.t.Context())
		if err != nil {
			a.t.Fatal(err)
		}
		for _, e := range page.Events {
			if e.StateEnteredEventDetails != nil {
				names = append(names, aws.ToString(e.StateEnteredEventDetails.Name))
			}
		}
	}
	return names
}

// wantOnlyTheEnd checks that after Record an execution enters only Publish, Delete and end states.
func (a *testAccount) wantOnlyTheEnd(execution *string) {
	a.t.Helper()
	visited := a.visited(execution)
	at := slices.Index(visited, "Record")
	if at < 0 {
		return
	}
	allowed := []string{"RecordUnjudged", "Recorded", "Publish", "RecordUnpublished", "Delete", "Outcome", "WaitForDeletion", "EndedInError", "Succeeded", "Failed", "LeftBehind"}
	for _, name := range visited[at+1:] {
		if !slices.Contains(allowed, name) {
			a.t.Errorf("state %s was entered after Record: %v", name, visited)
			return
		}
	}
}

// recordsOf returns the records of an execution.
func (a *testAccount) recordsOf(outputs harness.Outputs, job string, execution *string) []records.Run {
	a.t.Helper()
	return slices.DeleteFunc(a.RunRecords(outputs, job), func(r records.Run) bool { return r.Execution != aws.ToString(execution) })
}

// wantNothingLeft checks that a job's lease is free and that no task is left except one that replicates changes.
func (a *testAccount) wantNothingLeft(outputs harness.Outputs, stack, job string) {
	a.t.Helper()
	if held := a.Lease(outputs, job); held != (records.Holder{}) {
		a.t.Errorf("the lease of %s is held by %s", job, held)
	}
	for _, task := range a.TasksOf(stack, job) {
		if task.MigrationType == "full-load" {
			a.t.Errorf("task %s is left, %s", aws.ToString(task.ReplicationTaskIdentifier), aws.ToString(task.Status))
		}
	}
}

// deployBroken deploys a department whose job live is started only by the test, and turns the fault on.
func (b *broken) deployBroken(d *department.Department) harness.Outputs {
	b.t.Helper()
	template, err := harness.Template(d.Name)
	if err != nil {
		b.t.Fatal(err)
	}
	outputs := b.DeployTemplate(d, withoutRuns(b.t, template))
	b.turn(true)
	return outputs
}

// withoutRuns removes from a template the schedules and the resources that start runs at a deploy.
func withoutRuns(t *testing.T, template []byte) []byte {
	t.Helper()
	var parsed map[string]any
	if err := json.Unmarshal(template, &parsed); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(parsed["Resources"].(map[string]any), func(_ string, resource any) bool {
		r := resource.(map[string]any)
		properties, _ := r["Properties"].(map[string]any)
		return r["Type"] == "AWS::Scheduler::Schedule" || properties["Job"] != nil && properties["Type"] != "full-load"
	})
	content, err := json.Marshal(parsed)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// DMS refuses to start the task of a run with a check and row counts. In an earlier version the phase of such a run led
// from Record back to Create and Start until Step Functions ended the execution at its limit of 25,000 events.
func TestStartIsRefused(t *testing.T) {
	db, d := sample(t), loadChecked(t)
	for _, test := range []struct {
		name string
		most int // how often DMS refuses
	}{{"for good", 1 << 30}, {"once", 1}} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				refused, started := 0, 0
				b := openBroken(t, db, way{call: func(function string, c gateway.Call) bool {
					if c.Operation != "StartReplicationTask" {
						return false
					}
					if refused == test.most {
						started++
						return false
					}
					refused++
					return true
				}})
				outputs := b.deployBroken(d)
				e := b.Run(outputs["StateMachineArn"], `{"job": "nightly"}`)
				b.want(e, sfntypes.ExecutionStatusFailed)
				b.wantOnlyTheEnd(e.ExecutionArn)
				b.wantNothingLeft(outputs, "oralake-checked", "nightly")
				time.Sleep(faultTime)
				b.wantBounded()
				runs := b.RunRecords(outputs, "nightly")
				if len(runs) != 1 || runs[0].Outcome != "FAILED" || !strings.Contains(runs[0].Reason, "AccessDeniedFault") {
					t.Errorf("records %+v, want one FAILED with the error of DMS", runs)
				}
				if started != 0 {
					t.Errorf("%d tasks were started after the refusal, want none", started)
				}
				b.wantNothingLeft(outputs, "oralake-checked", "nightly")
			})
		})
	}
}
