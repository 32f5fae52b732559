package scenarios_test

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// following is an account in which the job live-customers of sales replicates changes of a writable database.
type following struct {
	*testAccount
	db      *oracledb.Database
	d       *department.Department
	outputs harness.Outputs
	calls   dmsCalls
}

// dmsCalls counts the calls to DMS.
type dmsCalls struct {
	mu          sync.Mutex
	byOperation map[string]int
	byExecution map[string]int
}

func (c *dmsCalls) observe(call gateway.Call) {
	if call.Service != "dms" || harness.FunctionOf(call) == "Orphans" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byOperation[call.Operation]++
	c.byExecution[call.Trace]++
}

// clear forgets the calls so far.
func (c *dmsCalls) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byOperation, c.byExecution = map[string]int{}, map[string]int{}
}

// of returns how often an operation was called.
func (c *dmsCalls) of(operation string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byOperation[operation]
}

// executions returns the calls of each execution.
func (c *dmsCalls) executions() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.byExecution)
}

// batch is longer than DMS collects changes before it writes a file.
const batch = 12 * time.Minute

// writable clones the sample database. Call it outside of bubbles.
func writable(t *testing.T) *oracledb.Database {
	t.Helper()
	db, err := sample(t).Clone(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// openFollowing edits the job live-customers of sales, deploys sales, and waits for the end of the job's first run.
func openFollowing(t *testing.T, db *oracledb.Database, edit func(*department.Job)) *following {
	t.Helper()
	return openFollowingWith(t, db, harness.Options{}, edit)
}

// openFollowingWith is openFollowing with options of the account.
func openFollowingWith(t *testing.T, db *oracledb.Database, o harness.Options, edit func(*department.Job)) *following {
	t.Helper()
	f := &following{testAccount: openWith(t, db, o), db: db, d: load(t, "sales")}
	f.calls.clear()
	f.Gateway.Observe(f.calls.observe)
	edit(job(t, f.d, "live-customers"))
	f.outputs = f.Deploy(f.d)
	time.Sleep(30 * time.Minute) // The deploy starts the run at once.
	return f
}

// edit changes the job in the manifest, as a deploy does.
func (f *following) edit(edit func(*department.Job)) {
	f.t.Helper()
	edit(job(f.t, f.d, "live-customers"))
	f.putManifest(f.d)
}

// follow runs the job. more has further keys of the input, such as `"resume": true`.
func (f *following) follow(more ...string) *sfn.DescribeExecutionOutput {
	f.t.Helper()
	input := strings.Join(append([]string{`"job": "live-customers"`}, more...), ", ")
	return f.RunAfterOthers(f.outputs["StateMachineArn"], "{"+input+"}")
}

// task returns the job's only task.
func (f *following) task() dmstypes.ReplicationTask {
	f.t.Helper()
	tasks := f.TasksOf("oralake-sales", "live-customers")
	if len(tasks) != 1 {
		f.t.Fatalf("%d tasks, want 1", len(tasks))
	}
	return tasks[0]
}

func (f *following) wantStatus(status string) {
	f.t.Helper()
	if got := aws.ToString(f.task().Status); got != status {
		f.t.Fatalf("the task is %s, want %s", got, status)
	}
}

// write runs statements in one transaction.
func (f *following) write(statements ...string) {
	f.t.Helper()
	err := f.db.Write(f.t.Context(), func(tx *oracledb.Tx) error {
		for _, s := range statements {
			if err := tx.Exec(s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// customers inserts customers with these keys, in one transaction.
func (f *following) customers(keys ...int) {
	f.t.Helper()
	var statements []string
	for _, key := range keys {
		statements = append(statements, fmt.Sprintf(`INSERT INTO SALES.CUSTOMER VALUES
			(%d, 'Customer#%09[1]d', 'Somewhere', 7, '17-345-678-9012', 12.5, 'MACHINERY', 'new')`, key))
	}
	f.write(statements...)
}

// manyChanges changes so many rows that the counts of DMS show whether they have started again at 0.
func (f *following) manyChanges() {
	f.t.Helper()
	f.write(`UPDATE SALES.CUSTOMER SET C_NATIONKEY = 1 WHERE C_CUSTKEY <= 100`)
}

// wantEqual compares tables of SALES in the lake with the source.
func (f *following) wantEqual(tables ...string) {
	f.t.Helper()
	for _, name := range tables {
		d, met := f.Proof(f.outputs, f.db, "cdc", oracledb.Table{Schema: "SALES", Name: name})
		if !d.Equal() {
			f.t.Errorf("%s: %d rows missing, %d too many, %d different, from %+v: %s", name, d.Missing, d.Extra, d.Changed, met, d.Example)
		}
	}
}

// last returns the record of the job's last run.
func (f *following) last() records.Run {
	f.t.Helper()
	runs := f.RunRecords(f.outputs, "live-customers")
	if len(runs) == 0 {
		f.t.Fatal("the job has no record")
	}
	return runs[len(runs)-1]
}

// lastTask returns the record of the job's task in its last run.
func (f *following) lastTask() records.Task {
	f.t.Helper()
	run, tasks := f.last(), f.TaskRecords(f.outputs, "oralake-sales-live-customers-1")
	if len(tasks) == 0 || tasks[len(tasks)-1].SK != run.SK {
		f.t.Fatalf("run %s has no record of its task", run.SK)
	}
	return tasks[len(tasks)-1]
}

// lastOf returns the last record of a table in the job.
func (f *following) lastOf(table string) records.Table {
	f.t.Helper()
	var last records.Table
	for _, r := range f.TableRecords(f.outputs, table) {
		if r.Job == "live-customers" {
			last = r
		}
	}
	return last
}

func tableOf(name string) department.Table { return department.Table{Schema: "SALES", Name: name} }
