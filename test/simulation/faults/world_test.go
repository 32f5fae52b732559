package faults_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
	"github.com/oralake/oralake/test/simulation"
)

// world is an account in which a schedule runs.
type world struct {
	*harness.Account
	t       *testing.T
	plan    *plan
	faults  *faults
	truth   *truth
	outputs []harness.Outputs
	found   []violation
	// destroyed is when the deletion of a stack started.
	destroyed time.Time
}

// violation is a broken guarantee.
type violation struct {
	kind string // one of the constants below
	text string
}

// The kinds of violations.
const (
	orphan       = "orphan"        // a task without an owner
	falseSuccess = "false success" // a success that the source does not prove
	lostRecord   = "lost record"   // a run without its record, or with two
	stuckLease   = "stuck lease"   // a job that can no longer run
	silence      = "silence"       // a failure without an alert
	endless      = "endless"       // work without an end: a step after Record, too many invocations
	haste        = "haste"         // more calls than DMS has tokens for
	torn         = "torn"          // readers see something else than the whole of one good load
)

// outcome is the result of a schedule.
type outcome struct {
	seed       uint64
	faults     map[string]int
	unlisted   map[string]bool // calls that are not in permissions
	violations []violation
	story      *simulation.Story
}

// bug is a planted bug; the zero value plants none.
type bug struct {
	steps      harness.Steps     // the functions; the real ones when nil
	definition *strings.Replacer // of the state machine
}

// live runs a schedule in its own bubble.
func live(t *testing.T, p *plan, db *oracledb.Database, region string, planted bug) outcome {
	var o outcome
	synctest.Test(t, func(t *testing.T) {
		story := &simulation.Story{}
		w := &world{t: t, plan: p, faults: newFaults(p, story), truth: newTruth(story)}
		w.Account = harness.Open(t, db, harness.Options{
			Region: region, Steps: planted.steps, Jitter: &p.jitter,
			DMS:            localdms.Options{Delays: p.delays(), Faults: w.faults, Observe: w.truth.event},
			FunctionFaults: w.faults.invocation, Disturb: w.faults.call,
			Between: func(next http.RoundTripper) http.RoundTripper { return watch{w.truth, next} },
		})
		w.States.Observe(w.truth.execution)
		w.Gateway.Observe(w.truth.call)
		w.Events.Lose(w.faults.losesEvent)
		for _, d := range p.departments {
			w.outputs = append(w.outputs, w.DeployTemplate(d, planted.in(template(d))))
		}
		w.chaos()
		w.withoutFaults()
		o = outcome{p.seed, w.faults.kinds, w.faults.unlisted, w.found, story}
	})
	return o
}

// in returns a template with the bug.
func (b bug) in(template []byte) []byte {
	if b.definition == nil {
		return template
	}
	return []byte(b.definition.Replace(string(template)))
}

func (w *world) violated(kind, format string, args ...any) {
	w.found = append(w.found, violation{kind, fmt.Sprintf(format, args...)})
}

func (w *world) machine(d int) string { return w.outputs[d]["StateMachineArn"] }

func (w *world) stack(d int) string { return harness.StackName(w.plan.departments[d].Name) }

// chaos is the phase with faults.
func (w *world) chaos() {
	w.faults.begin()
	var people sync.WaitGroup
	for _, s := range w.plan.starts {
		people.Go(func() { w.person(s) })
	}
	for _, l := range w.plan.losses {
		people.Go(func() {
			time.Sleep(l.At)
			// An instance that was deleted with its stack cannot be lost.
			_ = w.DMS.LoseInstance(w.outputs[l.Department]["ReplicationInstanceArn"], l.For)
		})
	}
	people.Go(func() { w.readers(w.faults.begun.Add(disturbed)) })
	w.restartAlone(&people)
	if d := w.plan.destroyed; d >= 0 {
		people.Go(func() {
			time.Sleep(w.plan.destroy)
			w.destroyed = time.Now().Truncate(time.Millisecond) // as Step Functions writes times
			w.faults.story.Add("stack %s: destroyed", w.stack(d))
			w.Destroy(w.stack(d))
		})
	}
	time.Sleep(disturbed)
	w.faults.end()
	people.Wait()
	time.Sleep(time.Until(w.faults.begun.Add(w.plan.lifted())))
}

// person starts an execution, and stops it again if the plan says so.
func (w *world) person(s start) {
	time.Sleep(s.At)
	out, err := w.Machine.StartExecution(w.t.Context(), &sfn.StartExecutionInput{
		StateMachineArn: aws.String(w.machine(s.Department)), Input: aws.String(s.input()), Name: &s.Name,
	})
	var deleted *types.StateMachineDoesNotExist
	if errors.As(err, &deleted) && s.Department == w.plan.destroyed {
		return
	}
	if err != nil {
		w.t.Errorf("start %s: %v", s.Name, err)
		return
	}
	if s.Stop > 0 {
		time.Sleep(s.Stop)
		if _, err := w.Machine.StopExecution(w.t.Context(), &sfn.StopExecutionInput{
			ExecutionArn: out.ExecutionArn, Cause: aws.String("the database team asked for it"),
		}); err != nil {
			w.t.Errorf("stop %s: %v", s.Name, err)
		}
	}
}

// withoutFaults is the phase after the faults: executions end, the checks run, and jobs run once more.
func (w *world) withoutFaults() {
	if !w.settle() {
		return
	}
	if d := w.plan.destroyed; d >= 0 {
		if err := w.AwaitGone(w.stack(d)); err != nil {
			w.Destroy(w.stack(d)) // A person retries the deletion without faults.
			if err := w.AwaitGone(w.stack(d)); err != nil {
				w.violated(orphan, "the stack cannot be destroyed: %v", err)
			}
		}
	}
	before, _ := w.truth.throttled()
	w.checkTasks(false)
	w.each(func(d int, j department.Job) {
		if w.triedAgain(d, j) {
			w.runAgain(d, j)
		}
	})
	if !w.settle() {
		return
	}
	w.checkTasks(true)
	w.checkReaders(map[string]int{})
	w.checkRecords()
	w.checkEnds()
	after, longest := w.truth.throttled()
	if after > before {
		w.violated(haste, "%d calls to DMS came too fast without a fault", after-before)
	}
	if longest > tooLong {
		w.violated(haste, "calls to DMS came too fast for %v", longest)
	}
}

// tooLong is the longest time for which calls may come faster than DMS accepts them, even with many faults at once.
const tooLong = time.Minute

// settle waits until no execution runs. It reports false, with a violation, after the timeout.
func (w *world) settle() bool {
	const timeout = 30 * 24 * time.Hour
	if running := simulation.Settle(time.Hour, timeout, w.truth.running); running != nil {
		w.violated(stuckLease, "still running after %v: %v", timeout, running)
		return false
	}
	return true
}

// each calls do for every job of the departments that are not deleted.
func (w *world) each(do func(d int, j department.Job)) {
	for i, d := range w.plan.departments {
		if i == w.plan.destroyed {
			continue
		}
		for _, j := range d.Jobs {
			do(i, j)
		}
	}
}

// triedAgain reports whether a job is run once more. Only a lease or tasks can block the next run of a full load, so of the
// full loads without either, only some run again.
func (w *world) triedAgain(d int, j department.Job) bool {
	released := w.Lease(w.outputs[d], j.Name) == (records.Holder{}) && len(w.TasksOf(w.stack(d), j.Name)) == 0
	return keepsTasks(j) || !released || w.plan.dice.throw("again", w.stack(d), j.Name).IntN(6) == 0
}

// runAgain runs a job without faults and checks the lake.
func (w *world) runAgain(d int, j department.Job) {
	if keepsTasks(j) {
		w.stopTasks(d, j)
	}
	for range 100 {
		e := w.Run(w.machine(d), again(j))
		if harness.Skipped(e) {
			time.Sleep(time.Minute)
			continue
		}
		if e.Status != types.ExecutionStatusSucceeded {
			w.violated(stuckLease, "with nothing going wrong, a run of %s is %s: %s: %s", j.Name, e.Status,
				aws.ToString(e.Error), aws.ToString(e.Cause))
		}
		if holder := w.Lease(w.outputs[d], j.Name); holder != (records.Holder{}) {
			w.violated(stuckLease, "the lease of %s is held by %s after a run with nothing going wrong", j.Name, holder)
		}
		w.checkLake(d, j)
		return
	}
	w.violated(stuckLease, "the lease of %s cannot be taken", j.Name)
}
