package cdcmodel_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/stepfunctions"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
	"github.com/oralake/oralake/test/simulation"
)

// world is an account in which a history happens.
type world struct {
	*harness.Account
	t       witness
	history *history
	faults  *faults
	story   *simulation.Story
	db      *oracledb.Database
	model   *model
	objects func(lake.Objects) lake.Objects // what a reader of the lake reads through
	outputs harness.Outputs

	department *department.Department // as it is deployed
	covered    map[string]*coverage   // of the tables of the job
	left       map[string][]string    // files of tables that left the job, once nothing is done to these any more

	mu         sync.Mutex
	executions map[string]string // statuses, by ARN
	started    int64             // the SCN at which the task first ran
	out        map[string]int    // how often the task was told not to follow a table, since that left the list

	count int // of executions that people started
	found []violation
	done  tally
}

// coverage is what the lake should know of a table.
type coverage struct {
	whole bool // it was loaded; otherwise only what was changed after since
	since int64
	// joined is when the table came to the list; it is zero once since is known.
	joined time.Time
	// before is what was known of the table when it was in the list before; it stays so if the task never missed it.
	before *coverage
}

// never is an SCN that no source reaches.
const never = 1 << 62

// known is what the lake should know of a table now.
func (w *world) known(table string) *coverage {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.covered[table]
	for c.before != nil && w.out[table] == 0 {
		c = c.before
	}
	return c
}

// tally is what was found in the end.
type tally struct{ changes, lost, duplicated int }

// violation is a promise that was broken.
type violation struct{ kind, text string }

// The kinds of violations.
const (
	mismatch   = "mismatch"   // a table in the lake is not what the source is, or was
	lost       = "lost"       // a change is not in the lake
	duplicated = "duplicated" // a change counts twice
	stuck      = "stuck"      // a job that cannot be brought back, or a test that cannot go on
)

// outcome is what a history came to.
type outcome struct {
	history    history
	tally      tally
	faults     int
	violations []violation
	story      *simulation.Story
}

// bug is something wrong that is planted; the zero bug is none.
type bug struct {
	steps   harness.Steps
	objects func(lake.Objects) lake.Objects
}

// live lives through a history in a bubble of its own.
func live(t *testing.T, h history, region string, planted bug) outcome {
	t.Helper()
	dir, err := os.MkdirTemp(scratch, "history-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := database.Clone(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	story := &simulation.Story{}
	w := &world{
		history: &h, story: story, db: db, objects: planted.objects, covered: map[string]*coverage{}, left: map[string][]string{},
		faults: &faults{history: &h, story: story, seen: map[string]int{}}, executions: map[string]string{},
		out: map[string]int{},
	}
	if w.objects == nil {
		w.objects = func(o lake.Objects) lake.Objects { return o }
	}
	if w.model, err = newModel(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w.t = witness{t, w}
		defer func() {
			if r := recover(); r != nil && r != (gaveUp{}) {
				panic(r)
			}
		}()
		w.Account = harness.Open(w.t, db, harness.Options{
			Region: region, Steps: planted.steps, Jitter: &h.Jitter,
			DMS:            dms.Options{Delays: simulation.Delays(pace), Faults: w.faults, Observe: w.event},
			FunctionFaults: w.faults.invocation, Disturb: w.faults.call,
		})
		w.live()
	})
	return outcome{h, w.done, w.faults.came, w.found, story}
}

func (w *world) violated(kind, format string, args ...any) {
	v := violation{kind, fmt.Sprintf(format, args...)}
	w.story.Tell("VIOLATION: %s: %s", v.kind, v.text)
	w.found = append(w.found, v)
}

// event notes what a replication task does.
func (w *world) event(e dms.Event) {
	w.story.Tell("task %s: %s %s %s", e.Task.Identifier, e.Kind, e.Start, e.Reason)
	if e.Kind == dms.TaskRunning && e.Task.MigrationType == "cdc" {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.started == 0 {
			w.started, _ = w.db.SCN(w.t.Context())
		}
	}
}

// execution notes a change of an execution's status.
func (w *world) execution(c stepfunctions.StatusChange) {
	w.story.Tell("execution %s: %s %s %s", c.Name, c.Status, aws.ToString(c.Input), aws.ToString(c.Cause))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.executions[c.ExecutionARN] = c.Status
}

// live is the history from its first deploy to its end.
func (w *world) live() {
	w.States.Observe(w.execution)
	w.Gateway.Observe(func(c gateway.Call) {
		if c.Operation == "ModifyReplicationTask" && c.Status == http.StatusOK {
			go w.leave()
		}
	})
	startFrom := ""
	if w.history.Type == department.CDC {
		startFrom = department.StartNow
		if !w.history.Now {
			scn, err := w.db.SCN(w.t.Context())
			w.must(err)
			startFrom = fmt.Sprint(scn)
		}
	}
	w.department = newDepartment(w.history, startFrom)
	w.outputs = w.DeployTemplate(w.department, template(w.department))
	w.settle()
	for _, t := range w.job().Tables {
		w.covered[t.Name] = &coverage{whole: w.job().Type == department.FullLoadAndCDC, since: w.started}
	}
	w.faults.turn(true)
	for _, s := range w.history.Steps {
		w.story.Tell("STEP %v", s)
		w.do(s)
		time.Sleep(s.Wait)
		w.followed()
	}
	w.faults.turn(false)
	w.story.Tell("QUIET")
	w.quiet()
}

func (w *world) must(err error) {
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) job() *department.Job { return &w.department.Jobs[0] }

// has says whether the job has a table.
func (w *world) has(table string) bool {
	return slices.ContainsFunc(w.job().Tables, func(t department.Table) bool { return t.Name == table })
}

// task is the one that follows changes; nil when there is none.
func (w *world) task() *dmstypes.ReplicationTask {
	for _, task := range w.TasksOf(harness.StackName(departmentName), jobName) {
		if task.MigrationType != dmstypes.MigrationTypeValueFullLoad {
			return &task
		}
	}
	return nil
}

// settle waits until no execution is at work.
func (w *world) settle() {
	const patience = 10 * 24 * time.Hour
	if running := simulation.Settle(10*time.Minute, patience, w.running); running != nil {
		w.t.Fatalf("still at work after %v: %v", patience, running)
	}
}

// running are the executions that are at work.
func (w *world) running() (all []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for arn, status := range w.executions {
		if status == "RUNNING" {
			all = append(all, arn)
		}
	}
	return all
}

// followed finds out from when on tables that joined without their history are followed, and what is left of those that
// are not followed any more.
func (w *world) followed() {
	task := w.task()
	if task == nil || aws.ToString(task.Status) != "running" {
		return
	}
	for name, files := range w.left {
		if files == nil && !follows(task, name) && len(w.running()) == 0 {
			f, err := folderOf(w.t.Context(), w.Objects, w.outputs["LakeBucket"], name)
			w.must(err)
			w.left[name] = append([]string{}, f.names...)
		}
	}
	for name, c := range w.covered {
		if c.joined.IsZero() || !aws.ToTime(task.ReplicationTaskStartDate).After(c.joined) ||
			!follows(task, name) {
			continue
		}
		scn, err := w.db.SCN(w.t.Context())
		w.must(err)
		c.since, c.joined = scn, time.Time{}
	}
}

// follows says whether the mappings of a task select a table.
func follows(task *dmstypes.ReplicationTask, table string) bool {
	return strings.Contains(aws.ToString(task.TableMappings), `"`+table+`"`)
}
