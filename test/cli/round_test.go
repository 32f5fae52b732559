package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"golang.org/x/sync/errgroup"

	"github.com/oralake/oralake/test/demo"
)

// departmentName is the deployed department. Its jobs are two full loads, one of them with several tasks, and one that
// replicates changes. None of their schedules fires during a test.
const departmentName = "harbour"

var jobs = []string{"ships", "cargo", "live-crew"}

// oldest is how long before the deletion of the stack a run may start. At this speed, a load takes about four seconds.
const oldest = 5 * time.Second

// worker runs rounds in one account. After a failed round it opens another account.
type worker struct {
	root     string
	assembly string
	dir      func() string

	world     *demo.World // nil before the first round and after a failed one
	runs      *executions
	out       transcript
	deletions deletions
}

// result is the result of a round.
type result struct {
	Number     int
	Doing      []string // the state of each run and task when the deletion started
	Runs       int
	Transcript string // the output of the CLI
	findings
}

func (w *worker) open(ctx context.Context) error {
	if w.world != nil {
		return nil
	}
	world, err := openWorld(ctx, w.root, w.dir(), &w.out)
	if err != nil {
		return err
	}
	w.world, w.runs = world, watch(world.Cloud.States)
	w.deletions = hold(world.Cloud.Gateway)
	return nil
}

func (w *worker) close() {
	if w.world != nil {
		_ = w.world.Close()
		w.world = nil
	}
}

// round deploys and deletes one stack. An error counts as a stack that is left, since its deletion is not proven.
func (w *worker) round(ctx context.Context, number int, dice *rand.Rand) result {
	w.out.reset()
	r := result{Number: number}
	if err := w.live(ctx, dice, &r); err != nil {
		r.StackLeft = append(r.StackLeft, err.Error())
	}
	r.Transcript = w.out.text()
	if r.problem() != "" {
		w.close() // The next round starts without the leftovers of this one.
	}
	return r
}

func (w *worker) live(ctx context.Context, dice *rand.Rand, r *result) error {
	if err := w.open(ctx); err != nil {
		return err
	}
	if err := w.world.CDKOf(ctx, w.assembly, "deploy", "--require-approval", "never"); err != nil {
		return err
	}
	s, err := readStack(ctx, w.world.Cloud.Admin(), "oralake-"+departmentName)
	if err != nil {
		return err
	}
	ages := make([]time.Duration, len(jobs))
	for i := range jobs {
		// Prefer young runs, since an old run is mostly over.
		u := dice.Float64()
		ages[i] = time.Duration(u * u * float64(oldest))
	}
	seen := make(chan view, 1)
	destroying, over := context.WithCancel(ctx)
	go func() { seen <- w.startRuns(destroying, s, ages) }()
	err = w.world.CDKOf(ctx, w.assembly, "destroy", "--force")
	over()
	v := <-seen
	if err = errors.Join(err, v.err); err != nil {
		return err
	}
	r.Doing = append(v.doing, v.before.Tasks...)

	after, err := s.scene(ctx)
	if err != nil {
		return err
	}
	runs := w.runs.of(s.Outputs["StateMachineArn"])
	r.Runs = len(runs)
	r.findings = check(v.before, after, runs)
	return nil
}

// view is the state of a stack when its deletion started.
type view struct {
	before scene
	doing  []string
	err    error
}

// startRuns starts a run of each job while the CLI's DeleteStack is delayed, so that each run has its age when the call
// reaches CloudFormation. Then it reads the state of the stack.
func (w *worker) startRuns(ctx context.Context, s stack, ages []time.Duration) view {
	var moment time.Time
	select {
	case at := <-w.deletions.arriving:
		moment = at
	case <-ctx.Done():
		return view{err: errors.New("the CLI ended without a call of DeleteStack")}
	}
	api := sfn.NewFromConfig(w.world.Cloud.Admin())
	starting, aged := errgroup.WithContext(ctx)
	for i, job := range jobs {
		starting.Go(func() error {
			sleepUntil(aged, moment.Add(-ages[i]))
			_, err := api.StartExecution(aged, &sfn.StartExecutionInput{
				StateMachineArn: aws.String(s.Outputs["StateMachineArn"]), Input: aws.String(fmt.Sprintf(`{"job": %q}`, job)),
			})
			return err
		})
	}
	if err := starting.Wait(); err != nil {
		return view{err: err}
	}
	select {
	case <-w.deletions.arrived:
	case <-ctx.Done():
		return view{err: errors.New("the CLI ended before DeleteStack was answered")}
	}
	var v view
	if v.doing, v.err = doing(ctx, api, w.runs.of(s.Outputs["StateMachineArn"])); v.err != nil {
		return v
	}
	v.before, v.err = s.scene(ctx)
	return v
}

func sleepUntil(ctx context.Context, at time.Time) {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// transcript keeps the output of the CLI in a round.
type transcript struct {
	mu   sync.Mutex
	said bytes.Buffer
}

var _ io.Writer = (*transcript)(nil)

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.said.Write(b)
}

func (t *transcript) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said.Reset()
}

func (t *transcript) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.said.String()
}
