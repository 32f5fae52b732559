package scenarios_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/eventbridge"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// twin makes Lambda call a function a second time. The second call is late: it waits before it sends a request, and the first call
// begins then. Nobody waits for the end of the second call.
type twin struct {
	step string        // the function, such as Create
	at   string        // the operation before which the second call waits
	late time.Duration // how long it waits
	deny string        // an operation that is denied to the first call; empty for none

	mu    sync.Mutex
	on    bool               // the next call of the function has a twin
	first bool               // the call that has a twin is running
	waits context.CancelFunc // ends the time before the first call begins
}

type lateKey struct{}

// steps returns the real functions, of which one call has a twin.
func (w *twin) steps() harness.Steps {
	steps := harness.RealSteps()
	newStep := steps[w.step]
	steps[w.step] = func(cfg aws.Config, getenv func(string) string, log *slog.Logger) (run.Step, error) {
		step, err := newStep(cfg, getenv, log)
		return func(ctx context.Context, doc run.Document) (run.Document, error) {
			w.mu.Lock()
			twin := w.on
			before, waits := context.WithCancel(ctx)
			w.on, w.first, w.waits = false, twin, waits
			w.mu.Unlock()
			if twin {
				go func() {
					defer waits()
					step(context.WithValue(context.WithoutCancel(ctx), lateKey{}, w), doc)
				}()
				<-before.Done()
			}
			waits()
			return step(ctx, doc)
		}, err
	}
	return steps
}

func (w *twin) start() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.on = true
}

// roundTrip is the transport of all functions.
func (w *twin) roundTrip(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	operation := r.Header.Get("X-Amz-Target")
	operation = operation[strings.LastIndexByte(operation, '.')+1:]
	w.mu.Lock()
	late := r.Context().Value(lateKey{}) == w
	wait := late && operation == w.at && w.late > 0
	deny := !late && w.first && w.deny != "" && operation == w.deny
	w.mu.Unlock()
	switch {
	case wait:
		w.mu.Lock()
		sleep := w.late
		w.late = 0
		w.waits()
		w.mu.Unlock()
		time.Sleep(sleep)
	case deny:
		const body = `{"__type": "AccessDeniedFault", "message": "not authorized"}`
		return &http.Response{
			StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, Request: r,
			Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		}, nil
	}
	return next.RoundTrip(r)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// openWithTwin opens an account in which a call of a function has a twin. It returns the account, and how often calls to DMS took
// effect, by operation.
func openWithTwin(t *testing.T, db *oracledb.Database, w *twin) (a *testAccount, count func(operation string) int) {
	t.Helper()
	a = &testAccount{t: t, faults: &faults{}}
	delays := localdms.AWSDelays()
	if w.step == "Delete" { // The next run must have a running task before the time of the late call is over.
		delays.TaskCreate, delays.TaskDelete = 20*time.Second, 20*time.Second
	}
	a.Account = harness.Open(t, db, harness.Options{
		Steps: w.steps(), DMS: localdms.Options{Faults: a.faults, Delays: &delays},
		Between: func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) { return w.roundTrip(next, r) })
		},
	})
	var mu sync.Mutex
	counts := map[string]int{}
	a.Gateway.Observe(func(c gateway.Call) {
		mu.Lock()
		defer mu.Unlock()
		if c.Service == "dms" && c.Status == http.StatusOK {
			counts[c.Operation]++
		}
	})
	return a, func(operation string) int {
		mu.Lock()
		defer mu.Unlock()
		return counts[operation]
	}
}

// searches returns the runs that the search for orphans has started.
func (a *testAccount) searches(machine string) (found []string) {
	a.t.Helper()
	out, err := a.Machine.ListExecutions(a.t.Context(), &sfn.ListExecutionsInput{StateMachineArn: &machine})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, e := range out.Executions {
		if strings.HasPrefix(aws.ToString(e.Name), "orphans-") {
			found = append(found, aws.ToString(a.Describe(aws.ToString(e.ExecutionArn)).Input))
		}
	}
	return found
}

// A Create that nobody waits for any more comes after its run has recorded, deleted and released its lease. Before the check of the
// lease it creates nothing. After the check it deletes what it has created.
func TestLateCreateLeavesNoTask(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	job(t, d, "daily-parts").TablesPerTask = 1
	for at, created := range map[string]int{"DescribeReplicationTasks": 0, "CreateReplicationTask": 1} {
		synctest.Test(t, func(t *testing.T) {
			w := &twin{step: "Create", at: at, late: time.Minute, deny: "CreateReplicationTask"}
			a, count := openWithTwin(t, db, w)
			outputs := a.Deploy(d)
			machine := outputs["StateMachineArn"]
			time.Sleep(30 * time.Minute) // The schedule's first run of live-customers has ended.
			before := count("CreateReplicationTask")
			began := time.Now()
			w.start()
			a.want(a.Run(machine, `{"job": "daily-parts"}`), sfntypes.ExecutionStatusFailed)
			if took := time.Since(began); took > time.Minute {
				t.Fatalf("late at %s: the run took %v, want it over before the late call", at, took)
			}
			if held := a.Lease(outputs, "daily-parts"); held != (records.Holder{}) {
				t.Fatalf("late at %s: the lease is held by %s after the run", at, held)
			}
			time.Sleep(contract.StepTimeout + 3*time.Minute) // Until the late call's time is over, and DMS has deleted what it deletes.
			if got := count("CreateReplicationTask") - before; got != created {
				t.Errorf("late at %s: %d tasks were created, want %d", at, got, created)
			}
			if left := a.TasksOf("oralake-sales", "daily-parts"); len(left) != 0 {
				t.Errorf("late at %s: %d tasks are left, the first %s", at, len(left), aws.ToString(left[0].Status))
			}
			if found := a.searches(machine); len(found) != 0 {
				t.Errorf("late at %s: the search for orphans has started %v, want the call to take back what it made", at, found)
			}
		})
	}
}

// A Start that nobody waits for any more starts a task after its run has failed and released its lease. It stops the task again, since
// no run would watch it. The job's next run starts it.
func TestLateStartStopsItsTask(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		w := &twin{step: "Start", at: "StartReplicationTask", late: time.Minute, deny: "StartReplicationTask"}
		a, count := openWithTwin(t, db, w)
		w.start() // The deploy starts the first run of live-customers.
		outputs := a.Deploy(d)
		time.Sleep(contract.StepTimeout + 3*time.Minute)
		if started, stopped := count("StartReplicationTask"), count("StopReplicationTask"); started != 1 || stopped != 1 {
			t.Errorf("the task was started %d times and stopped %d times, want that the late call does both, once", started, stopped)
		}
		if task := a.task("oralake-sales", "live-customers"); aws.ToString(task.Status) != "stopped" {
			t.Errorf("the task is %s, want it stopped: no run watches it", aws.ToString(task.Status))
		}
		a.want(a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "live-customers"}`), sfntypes.ExecutionStatusSucceeded)
	})
}

// A Delete that nobody waits for any more must not delete the tasks of the job's next run, which have the same identifiers.
func TestLateDeleteKeepsTasksOfNextRun(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		w := &twin{step: "Delete", at: "DescribeReplicationTasks", late: 4 * time.Minute}
		a, count := openWithTwin(t, db, w)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		time.Sleep(30 * time.Minute)
		w.start()
		a.want(a.Run(machine, `{"job": "daily-parts"}`), sfntypes.ExecutionStatusSucceeded)
		stopped, deleted := count("StopReplicationTask"), count("DeleteReplicationTask")
		a.faults.set(func(f *faults) { f.hang = true })
		next := a.Start(machine, `{"job": "daily-parts"}`, 4*time.Minute+30*time.Second)
		task := a.task("oralake-sales", "daily-parts")
		if got := aws.ToString(task.Status); got != "running" {
			t.Errorf("the task of the next run is %s, want it running", got)
		}
		if n := count("StopReplicationTask") + count("DeleteReplicationTask") - stopped - deleted; n != 0 {
			t.Errorf("the late call has stopped or deleted %d tasks of the next run", n)
		}
		a.stop(next)
		time.Sleep(30 * time.Minute) // for its recovery
	})
}

// A Prepare that comes after its run has ended does not keep the lease. If the run succeeded, the call gives the lease back. If the run
// failed, the recovery takes the lease over and releases it.
func TestLatePrepareKeepsNoLease(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	for job, test := range map[string]struct {
		deny   string
		status sfntypes.ExecutionStatus
	}{
		"live-customers": {"", sfntypes.ExecutionStatusSucceeded},
		"daily-parts":    {"PutItem", sfntypes.ExecutionStatusFailed},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &twin{step: "Prepare", at: "PutItem", late: time.Minute, deny: test.deny}
			a, _ := openWithTwin(t, db, w)
			outputs := a.Deploy(d)
			time.Sleep(30 * time.Minute)
			w.start()
			a.want(a.Run(outputs["StateMachineArn"], fmt.Sprintf(`{"job": %q}`, job)), test.status)
			if held := a.Lease(outputs, job); held != (records.Holder{}) {
				t.Fatalf("the lease of %s is held by %s after the run", job, held)
			}
			time.Sleep(10 * time.Minute)
			if held := a.Lease(outputs, job); held != (records.Holder{}) {
				t.Errorf("the lease of %s is held by %s, whose execution has ended", job, held)
			}
		})
	}
}

// makeTask creates a replication task as a late call of a run may leave it.
func (a *testAccount) makeTask(job, id string, kind dmstypes.MigrationTypeValue, like dmstypes.ReplicationTask) {
	a.t.Helper()
	_, err := a.Tasks.CreateReplicationTask(a.t.Context(), &awsdms.CreateReplicationTaskInput{
		ReplicationTaskIdentifier: &id, MigrationType: kind,
		SourceEndpointArn: like.SourceEndpointArn, TargetEndpointArn: like.TargetEndpointArn, ReplicationInstanceArn: like.ReplicationInstanceArn,
		TableMappings: like.TableMappings,
		Tags: []dmstypes.Tag{
			{Key: aws.String(contract.TagStack), Value: aws.String("oralake-sales")},
			{Key: aws.String(contract.TagJob), Value: aws.String(job)},
		},
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

// A task that only loads and has no owner is deleted within an hour, without a run of its job. Tasks with an owner stay.
func TestOrphanedTasksAreDeletedWithinAnHour(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	job(t, d, "daily-orders").KeepFailedTask = true
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		time.Sleep(30 * time.Minute)
		following := a.task("oralake-sales", "live-customers")
		a.faults.set(func(f *faults) { f.hang = true })
		running := a.Start(machine, `{"job": "daily-orders"}`, 10*time.Minute)
		a.makeTask("daily-parts", "oralake-sales-daily-parts-7", dmstypes.MigrationTypeValueFullLoad, following)
		a.makeTask("live-customers", "oralake-sales-live-customers-load", dmstypes.MigrationTypeValueFullLoad, following)
		a.makeTask("gone", "oralake-sales-gone-1", dmstypes.MigrationTypeValueCdc, following)
		time.Sleep(time.Hour + 10*time.Minute)
		for job, want := range map[string]int{"daily-parts": 0, "live-customers": 1, "gone": 0, "daily-orders": 1} {
			if got := len(a.TasksOf("oralake-sales", job)); got != want {
				t.Errorf("%d tasks of job %s after an hour, want %d: %v", got, job, want, a.searches(machine))
			}
		}
		if got := a.Describe(running).Status; got != sfntypes.ExecutionStatusRunning {
			t.Errorf("the run with an owner is %s", got)
		}
		for _, job := range []string{"daily-parts", "live-customers", "gone"} {
			if held := a.Lease(outputs, job); held != (records.Holder{}) {
				t.Errorf("the lease of job %s is held by %s", job, held)
			}
			for _, run := range a.RunRecords(outputs, job) {
				if strings.Contains(run.Execution, "orphans-") {
					t.Errorf("the deletion of orphans of job %s has the record of a run: %+v", job, run)
				}
			}
		}
		// A person stops the run: the recovery keeps its task, as the file says, and the search keeps it, too.
		a.stop(running)
		time.Sleep(3 * time.Hour)
		if got := len(a.TasksOf("oralake-sales", "daily-orders")); got != 1 {
			t.Errorf("%d tasks of the failed load are kept, want 1", got)
		}
	})
}

// A search for orphans that fails leaves no record and no alert. A later search finds what it missed.
func TestFailedSearchIsRepeated(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.DeployTemplate(d, []byte(edit(t, without("live-customers"))))
		time.Sleep(time.Minute)
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "daily-parts"}`), sfntypes.ExecutionStatusSucceeded)
		like := dmstypes.ReplicationTask{TableMappings: aws.String(`{"rules": [{"rule-type": "selection", "rule-id": "1", "rule-name": "1",
			"object-locator": {"schema-name": "SALES", "table-name": "PART"}, "rule-action": "include"}]}`)}
		endpoints, err := a.Tasks.DescribeEndpoints(t.Context(), &awsdms.DescribeEndpointsInput{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range endpoints.Endpoints {
			if e.EndpointType == dmstypes.ReplicationEndpointTypeValueSource {
				like.SourceEndpointArn = e.EndpointArn
			} else {
				like.TargetEndpointArn = e.EndpointArn
			}
		}
		like.ReplicationInstanceArn = aws.String(outputs["ReplicationInstanceArn"])
		a.makeTask("daily-parts", "oralake-sales-daily-parts-7", dmstypes.MigrationTypeValueFullLoad, like)
		a.network.cut("dms")
		time.Sleep(time.Hour)
		a.network.cut("")
		if n := len(a.TasksOf("oralake-sales", "daily-parts")); n != 1 {
			t.Fatalf("%d tasks are left without a search, want 1", n)
		}
		time.Sleep(time.Hour)
		if n := len(a.TasksOf("oralake-sales", "daily-parts")); n != 0 {
			t.Errorf("%d tasks are left after a search", n)
		}
		if n := len(a.RunRecords(outputs, "daily-parts")); n != 1 {
			t.Errorf("%d records of runs, want that of the load", n)
		}
		for _, m := range a.Alerts(outputs["AlertTopicArn"]) {
			if strings.Contains(m.Subject, "daily-parts") {
				t.Errorf("a message about the search: %s", m.Text)
			}
		}
	})
}

// EventBridge may lose the event that starts a recovery. Then the search for orphans starts it within an hour.
func TestOrphanedLeaseIsRecoveredWithinAnHour(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		time.Sleep(30 * time.Minute)
		a.want(a.Run(machine, `{"job": "daily-parts"}`), sfntypes.ExecutionStatusSucceeded)
		abandoned := a.Start(machine, `{"job": "daily-parts"}`, 4*time.Minute)
		a.Events.Lose(func(e eventbridge.Event) bool { return strings.Contains(string(e.Detail), abandoned) })
		a.stop(abandoned)
		a.Events.Lose(nil)
		time.Sleep(time.Hour + 15*time.Minute)
		if held := a.Lease(outputs, "daily-parts"); held != (records.Holder{}) {
			t.Errorf("the lease is still held by %s", held)
		}
		if left := a.TasksOf("oralake-sales", "daily-parts"); len(left) != 0 {
			t.Errorf("%d tasks are left", len(left))
		}
		if got := fmt.Sprint(a.searches(machine)); !strings.Contains(got, abandoned) {
			t.Errorf("the search has started %s, want the recovery of %s", got, abandoned)
		}
	})
}

// A person deletes the lease of a running load. The run fails and says so, and nothing of it is left.
func TestRunWithoutItsLeaseFails(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		time.Sleep(30 * time.Minute)
		execution := a.Start(machine, `{"job": "daily-parts"}`, time.Minute)
		if _, err := a.Records.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
			TableName: aws.String(outputs["StatsTable"]),
			Key: map[string]types.AttributeValue{
				"pk": &types.AttributeValueMemberS{Value: records.JobKey("daily-parts")}, "sk": &types.AttributeValueMemberS{Value: "LEASE"},
			},
		}); err != nil {
			t.Fatal(err)
		}
		a.want(a.Await(execution), sfntypes.ExecutionStatusFailed)
		time.Sleep(75 * time.Minute) // until the job's schedule
		runs := a.RunRecords(outputs, "daily-parts")
		if len(runs) != 1 || !strings.Contains(runs[0].Reason, "LeaseLost") {
			t.Errorf("records %+v, want one that says that the lease is lost", runs)
		}
		if n := len(a.Alerts(outputs["AlertTopicArn"])); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
		if left := a.TasksOf("oralake-sales", "daily-parts"); len(left) != 0 {
			t.Errorf("%d tasks are left", len(left))
		}
	})
}
