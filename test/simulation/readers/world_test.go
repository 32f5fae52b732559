package readers_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/stepfunctions"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
	"github.com/oralake/oralake/test/simulation"
)

// world is an account with one full-load job, its source and its readers.
type world struct {
	*harness.Account
	t       *testing.T
	seed    uint64
	r       *rand.Rand
	db      *oracledb.Database
	keep    int // lake.keepSnapshots
	faults  *faults
	outputs harness.Outputs
	objects func(lake.Objects) lake.Objects // wraps the client of the readers

	mu       sync.Mutex
	loading  map[string]bool // replication tasks that run
	running  map[string]bool // executions that run
	outcome  outcome
	versions int
}

// outcome is the result of a life.
type outcome struct {
	summary
	violations []string
	story      *simulation.Story
}

func (o outcome) list() string { return "  " + strings.Join(o.violations, "\n  ") }

// bug is a planted bug; nil plants none.
type bug struct {
	steps   harness.Steps
	objects func(lake.Objects) lake.Objects
}

// live lets readers read through loadsOfALife loads.
func live(t *testing.T, seed uint64, region string, planted *bug) outcome {
	t.Helper()
	dir, err := os.MkdirTemp(scratch, "life-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := database.Clone(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if planted == nil {
		planted = &bug{}
	}
	story := &simulation.Story{}
	w := &world{
		seed: seed, r: rand.New(rand.NewPCG(seed, 0)), db: db, objects: planted.objects,
		faults:  &faults{seed: seed, story: story, seen: map[string]uint64{}},
		loading: map[string]bool{}, running: map[string]bool{}, outcome: outcome{story: story},
	}
	if w.objects == nil {
		w.objects = func(o lake.Objects) lake.Objects { return o }
	}
	w.keep = 1 + w.r.IntN(3)
	synctest.Test(t, func(t *testing.T) {
		w.t = t
		w.Account = harness.Open(t, db, harness.Options{
			Region: region, Steps: planted.steps, FunctionFaults: w.faults.invocation, Disturb: w.faults.call,
			DMS: dms.Options{Delays: simulation.Delays(0.1), Faults: w.faults, Observe: w.event},
		})
		w.States.Observe(w.execution)
		w.live()
	})
	return w.outcome
}

func (w *world) count(f func(*summary)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(&w.outcome.summary)
}

func (w *world) violated(format string, args ...any) {
	w.outcome.story.Add("VIOLATION: "+format, args...)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outcome.violations = append(w.outcome.violations, fmt.Sprintf(format, args...))
}

func (w *world) torn(format string, args ...any) {
	w.count(func(s *summary) { s.Torn++ })
	w.violated(format, args...)
}

func (w *world) event(e dms.Event) {
	w.outcome.story.Add("task %s: %s %s", e.Task.Identifier, e.Kind, e.Reason)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e.Kind {
	case dms.TaskStarting:
		w.loading[e.Task.Identifier] = true
	case dms.TaskEnded:
		delete(w.loading, e.Task.Identifier)
	}
}

func (w *world) execution(c stepfunctions.StatusChange) {
	if strings.Contains(aws.ToString(c.Input), "findOrphans") {
		return
	}
	w.outcome.story.Add("execution %s: %s %s", c.Name, c.Status, aws.ToString(c.Input))
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.Status == "RUNNING" {
		w.running[c.ExecutionARN] = true
	} else {
		delete(w.running, c.ExecutionARN)
	}
}

// live is one life: loads, rollbacks and readers with faults, and then without.
func (w *world) live() {
	d, err := newDepartment()
	if err != nil {
		w.t.Fatal(err)
	}
	deployed, err := template(w.keep)
	if err != nil {
		w.t.Fatal(err)
	}
	w.outputs = w.DeployTemplate(d, deployed)
	done := make(chan struct{})
	var readers sync.WaitGroup
	defer readers.Wait()
	defer close(done)
	for i := range uint64(3) {
		readers.Go(func() { w.reader(i+1, done) })
	}
	w.faults.turn(true)
	for w.outcome.Loads < loadsOfALife {
		w.write()
		w.begin()
		time.Sleep(time.Duration(1 + w.r.Int64N(int64(3*time.Hour))))
	}
	w.faults.turn(false)
	w.settle()
	w.withoutFaults()
}

// write replaces the rows of the source, unless DMS is reading them.
func (w *world) write() {
	w.mu.Lock()
	reading := len(w.loading) > 0
	if !reading {
		w.versions++
	}
	w.mu.Unlock()
	if reading {
		return
	}
	w.outcome.story.Add("generation %d at the source", w.versions)
	if err := write(w.t.Context(), w.db, w.versions); err != nil {
		w.t.Fatal(err)
	}
}

// publishHeld accepts what is held of the first table.
var publishHeld = `{"job": "` + jobName + `", "publish": ["` + schema + "." + tableName(0) + `"]}`

// begin starts a run, and sometimes more at the same time: of a person for some tables, a rollback, or an acceptance. Sometimes a person stops it.
func (w *world) begin() {
	request := func(what string) string {
		names := []string{}
		for i := range tables {
			if w.r.IntN(2) == 0 {
				names = append(names, schema+"."+tableName(i))
			}
		}
		if len(names) == 0 {
			names = append(names, schema+"."+tableName(0))
		}
		input, err := json.Marshal(map[string]any{"job": jobName, what: names})
		if err != nil {
			w.t.Fatal(err)
		}
		return string(input)
	}
	machine := w.outputs["StateMachineArn"]
	execution := w.Start(machine, `{"job": "`+jobName+`"}`, 0)
	w.count(func(s *summary) { s.Loads++ })
	if w.r.IntN(4) == 0 {
		w.Start(machine, request("tables"), time.Duration(w.r.Int64N(int64(20*time.Minute))))
		w.count(func(s *summary) { s.Loads++ })
	}
	if w.r.IntN(4) == 0 {
		time.Sleep(time.Duration(w.r.Int64N(int64(time.Hour))))
		w.Start(machine, request("rollback"), 0)
	}
	if w.r.IntN(4) == 0 {
		time.Sleep(time.Duration(w.r.Int64N(int64(time.Hour))))
		w.Start(machine, publishHeld, 0) // It fails if nothing is held.
	}
	if w.r.IntN(8) == 0 {
		time.Sleep(time.Duration(w.r.Int64N(int64(20 * time.Minute))))
		w.Stop(execution, "the database team asked for it")
	}
}

// settle waits until no execution runs.
func (w *world) settle() {
	still := simulation.Settle(time.Hour, 30*24*time.Hour, func() (names []string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for name := range w.running {
			names = append(names, name)
		}
		return names
	})
	if still != nil {
		w.violated("still running: %v", still)
	}
}

// withoutFaults runs the job until everything is as it should be: readers see the source, and only the snapshots that stay have files.
func (w *world) withoutFaults() {
	for range 3 {
		w.write()
		e := w.RunAfterOthers(w.outputs["StateMachineArn"], `{"job": "`+jobName+`"}`)
		w.count(func(s *summary) { s.Loads++ })
		if strings.Contains(aws.ToString(e.Cause), schema+"."+tableName(0)+": it is held") {
			time.Sleep(3 * time.Hour) // The files of what is held stay, whatever is deleted.
			e = w.RunAfterOthers(w.outputs["StateMachineArn"], publishHeld)
		}
		if e.Status != types.ExecutionStatusSucceeded {
			w.violated("with nothing going wrong, a run is %s: %s", e.Status, aws.ToString(e.Cause))
		}
		time.Sleep(2 * time.Hour)
	}
	for i := range tables {
		table := tableName(i)
		current := w.Current(w.outputs, tableOf(table))
		w.count(func(s *summary) { s.Switches += current.Version })
		w.checkCatalog(table, current)
		if want := int64(rowsOf(i, w.versions)); current.Rows != want {
			w.violated("readers of %s get %d rows, and the source has %d", table, current.Rows, want)
		}
		folders := w.folders(table)
		// The snapshot that the last run has replaced stays for its readers, besides those that stay for a rollback.
		if most := w.keep + 1; len(folders) > most {
			w.violated("%s has the folders %v, and %d snapshots stay", table, folders, w.keep)
		}
	}
}

// folders returns the folders of a table that have files.
func (w *world) folders(table string) (all []string) {
	out, err := w.Objects.ListObjectsV2(w.t.Context(), &s3.ListObjectsV2Input{
		Bucket: aws.String(w.outputs["LakeBucket"]), Prefix: aws.String("full/"),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, o := range out.Contents {
		if at := strings.Index(aws.ToString(o.Key), "/"+table+"/"); at > 0 {
			all = append(all, aws.ToString(o.Key)[:at])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
