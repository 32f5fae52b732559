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

// world is an account in which a history runs.
type world struct {
	*harness.Account
	t       witness
	history *history
	faults  *faults
	story   *simulation.Story
	db      *oracledb.Database
	model   *model
	objects func(lake.Objects) lake.Objects // wraps the S3 client of the lake reader
	change  func([]byte) []byte             // changes every template
	outputs harness.Outputs

	department *department.Department // as it is deployed
	covered    map[string]*coverage   // of the tables of the job
	left       map[string][]string    // files of removed tables, once no run or task writes them
	keyLogged  map[string]bool        // tables of whose updates the redo log had only the changed columns and the key, at times
	blind      bool                   // the checks ignore what the reader reports

	mu         sync.Mutex
	executions map[string]string // statuses, by ARN
	started    int64             // the SCN at which the task first ran
	deselected map[string]int    // how often the task changed to no longer select a table, since the table left the list

	ddl   ddl
	open  sync.WaitGroup // open transactions of the history
	count int            // of executions that people started
	found []violation
	done  tally
}

// coverage says which rows of a table must be in the lake.
type coverage struct {
	whole bool // the table was loaded; otherwise only rows changed after since
	since int64
	// joined is when the table was added to the list; zero once since is known.
	joined time.Time
	// before is the coverage from an earlier time in the list. It still holds if the task never stopped replicating the table.
	before *coverage
	// undecided says that the job stopped loading its tables before it had loaded this one: the file's next backfill says whether it
	// is loaded. A run asks for it.
	undecided bool
}

// never is an SCN that no source reaches.
const never = 1 << 62

// known returns the coverage of a table now.
func (w *world) known(table string) *coverage {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.covered[table]
	for c.before != nil && w.deselected[table] == 0 {
		c = c.before
	}
	return c
}

// tally counts changes at the end of a history.
type tally struct{ changes, lost, duplicated, reported int }

// violation is a broken guarantee.
type violation struct{ kind, text string }

// The kinds of violations.
const (
	mismatch   = "mismatch"   // a table in the lake differs from every version of the source
	lost       = "lost"       // a change is not in the lake
	duplicated = "duplicated" // a change counts twice
	stuck      = "stuck"      // a job that does not run again, or a test that cannot continue
)

// outcome is the result of a history.
type outcome struct {
	history    history
	tally      tally
	faults     int
	violations []violation
	story      *simulation.Story
}

// bug is a planted bug; the zero value plants none.
type bug struct {
	steps    harness.Steps
	template func([]byte) []byte
	objects  func(lake.Objects) lake.Objects
	blind    bool // the reader reports no missing values
}

// live runs a history in its own bubble.
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
		deselected: map[string]int{}, ddl: ddl{unseen: map[string]bool{}, settled: map[string]time.Time{}},
		keyLogged: map[string]bool{}, blind: planted.blind,
	}
	if w.change = planted.template; w.change == nil {
		w.change = func(template []byte) []byte { return template }
	}
	if w.objects == nil {
		w.objects = func(o lake.Objects) lake.Objects { return o }
	}
	if w.model, err = newModel(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w.t = witness{t, w}
		defer w.open.Wait()
		defer func() {
			if r := recover(); r != nil && r != (historyEnded{}) {
				panic(r)
			}
		}()
		w.Account = harness.Open(w.t, db, harness.Options{
			Region: region, Steps: planted.steps, Jitter: &h.Jitter,
			DMS: dms.Options{
				Delays: simulation.Delays(pace), Faults: w.faults, Observe: w.event, CountersRestart: h.CountersRestart,
				Unknowns: h.unknowns(), Clearing: h.Clearing,
			},
			FunctionFaults: w.faults.invocation, Disturb: w.faults.call,
		})
		w.live()
	})
	return outcome{h, w.done, w.faults.came, w.found, story}
}

func (w *world) violated(kind, format string, args ...any) {
	v := violation{kind, fmt.Sprintf(format, args...)}
	w.story.Add("VIOLATION: %s: %s", v.kind, v.text)
	w.found = append(w.found, v)
}

// event records an event of a replication task.
func (w *world) event(e dms.Event) {
	w.story.Add("task %s: %s %s %s", e.Task.Identifier, e.Kind, e.Start, e.Reason)
	w.taskEvent(e)
	if e.Kind == dms.TaskRunning && e.Task.MigrationType == "cdc" {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.started == 0 {
			w.started, _ = w.db.SCN(w.t.Context())
		}
	}
}

// execution records a change of an execution's status.
func (w *world) execution(c stepfunctions.StatusChange) {
	w.story.Add("execution %s: %s %s %s", c.Name, c.Status, aws.ToString(c.Input), aws.ToString(c.Cause))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.executions[c.ExecutionARN] = c.Status
	if c.Status != "RUNNING" && c.Status != "SUCCEEDED" && w.ddl.failed.IsZero() {
		w.ddl.failed = time.Now()
	}
}

// live runs the history from its first deploy to its end.
func (w *world) live() {
	w.States.Observe(w.execution)
	w.Gateway.Observe(w.statisticsRead)
	w.Gateway.Observe(func(c gateway.Call) {
		changed := c.Operation == "ModifyReplicationTask" || c.Operation == "CreateReplicationTask"
		if changed && c.Status == http.StatusOK {
			go w.leave()
		}
	})
	for _, name := range names(w.history.KeysOnly) {
		w.relog(name, false)
	}
	w.openAt(0)
	time.Sleep(time.Second)
	startFrom := ""
	if w.history.Type == department.CDC {
		startFrom = department.StartNow
		if !w.history.Now {
			startFrom = fmt.Sprint(w.startSCN())
		}
	}
	w.department = newDepartment(w.history, startFrom)
	w.outputs = w.DeployTemplate(w.department, w.change(template(w.department)))
	w.settle()
	for _, t := range w.job().Tables {
		w.covered[t.Name] = &coverage{whole: w.job().Type == department.FullLoadAndCDC, since: w.started}
	}
	w.faults.turn(true)
	for _, s := range w.history.Steps {
		w.story.Add("STEP %v", s)
		w.openAt(s.number)
		w.do(s)
		time.Sleep(s.Wait)
		w.followed()
	}
	w.faults.turn(false)
	w.story.Add("NO MORE FAULTS")
	w.withoutFaults()
}

func (w *world) must(err error) {
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) job() *department.Job { return &w.department.Jobs[0] }

// has reports whether the job has a table.
func (w *world) has(table string) bool {
	return slices.ContainsFunc(w.job().Tables, func(t department.Table) bool { return t.Name == table })
}

// task returns the task that replicates changes; nil when there is none.
func (w *world) task() *dmstypes.ReplicationTask {
	for _, task := range w.TasksOf(w.history.stack(), jobName) {
		if task.MigrationType != dmstypes.MigrationTypeValueFullLoad {
			return &task
		}
	}
	return nil
}

// settle waits until no execution runs.
func (w *world) settle() {
	const timeout = 10 * 24 * time.Hour
	if running := simulation.Settle(10*time.Minute, timeout, w.running); running != nil {
		w.t.Fatalf("still running after %v: %v", timeout, running)
	}
}

// running returns the ARNs of the running executions.
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

// followed sets from which SCN on the task replicates tables that were added without a load, and lists the files of tables
// that it no longer replicates.
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

// follows reports whether the table mappings of a task select a table.
func follows(task *dmstypes.ReplicationTask, table string) bool {
	return strings.Contains(aws.ToString(task.TableMappings), `"`+table+`"`)
}
