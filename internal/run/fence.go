package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// Fence keeps a call of a function from changing tasks after its run has released its lease. Such a call exists: Lambda may call a
// function twice, a stop of an execution does not stop the function that it has called, and throttled calls to DMS delay it.
type Fence struct {
	Table  string
	Stack  string
	Leases records.Reader
	DMS    dms.TaskCleaner // takes back what a late call has created or started, so the fence does not guard it
}

// NewFence makes the fence of a function, and the client with which the function calls DMS.
func NewFence(cfg aws.Config, env contract.Environment) (Fence, *awsdms.Client) {
	f := Fence{Table: env.Table, Stack: env.Stack, Leases: dynamodb.NewFromConfig(cfg), DMS: awsdms.NewFromConfig(cfg)}
	return f, awsdms.NewFromConfig(cfg, dms.WithFence(f))
}

// fencedCall is one call of a function, as the fence sees it.
type fencedCall struct {
	owner records.Owner

	mu      sync.Mutex
	created map[string]bool // identifiers of tasks that the call may have created
	started map[string]bool // ARNs of tasks that the call may have started
}

type fencedCallKey struct{}

// NewFencedStep makes a step like NewStep. Its work may change tasks only through the fence. If the run has lost its lease, the step
// takes back what its work has created or started, and fails.
func NewFencedStep(name, department string, log *slog.Logger, fence Fence,
	work func(context.Context, *slog.Logger, *Document) error,
) Step {
	return NewStep(name, department, log, func(ctx context.Context, log *slog.Logger, doc *Document) error {
		call := &fencedCall{owner: doc.Owner(), created: map[string]bool{}, started: map[string]bool{}}
		tasks := slices.Concat(doc.Tasks, doc.Leftovers)
		err := work(context.WithValue(ctx, fencedCallKey{}, call), log, doc)
		return errors.Join(err, fence.takeBack(ctx, log, call, tasks))
	})
}

// Owner is the run as the holder of its job's lease.
func (d *Document) Owner() records.Owner {
	return records.Owner{Job: d.Request.Job, Execution: d.Execution}
}

// Check implements dms.Fence: it fails unless the run of the call holds the lease of its job now.
func (f Fence) Check(ctx context.Context) error {
	call, ok := ctx.Value(fencedCallKey{}).(*fencedCall)
	if !ok {
		return errors.New("this call changes a replication task outside of a fenced step: make the step with NewFencedStep")
	}
	return f.mustHold(ctx, call.owner)
}

// mustHold fails unless an owner holds the lease of its job now.
func (f Fence) mustHold(ctx context.Context, owner records.Owner) error {
	holder, err := records.FindHolder(ctx, f.Leases, f.Table, owner.Job)
	if err != nil {
		return err
	}
	if holder.Execution != owner.Execution {
		return leaseLost(owner, holder)
	}
	return nil
}

// leaseLost is the error of a call whose run does not hold the lease.
func leaseLost(owner records.Owner, holder records.Holder) error {
	held := "nobody holds it now"
	if holder != (records.Holder{}) {
		held = "its holder is " + holder.String()
	}
	return fmt.Errorf("job %s: %w: %s; this call changes nothing", owner.Job, records.ErrLeaseLost, held)
}

// Creating implements dms.Fence.
func (f Fence) Creating(ctx context.Context, taskID string) {
	note(ctx, taskID, func(c *fencedCall) map[string]bool { return c.created })
}

// Starting implements dms.Fence.
func (f Fence) Starting(ctx context.Context, taskARN string) {
	note(ctx, taskARN, func(c *fencedCall) map[string]bool { return c.started })
}

func note(ctx context.Context, name string, in func(*fencedCall) map[string]bool) {
	if call, ok := ctx.Value(fencedCallKey{}).(*fencedCall); ok {
		call.mu.Lock()
		defer call.mu.Unlock()
		in(call)[name] = true
	}
}

const (
	// takeBackPause is the pause between two attempts to take back a task. DMS takes minutes to create one, and deletes none before.
	takeBackPause = 5 * time.Second
	// takeBackMargin is the part of the function's time that is left for its answer.
	takeBackMargin = 15 * time.Second
)

// takeBack checks after a call, if it has created or started a task, that its run still holds the lease. If not, it deletes what the
// call has created and stops what it has started, and fails. It leaves all tasks to another run that holds the lease: that run uses
// or deletes them. Orphans finds what is left when the function's time ends.
func (f Fence) takeBack(ctx context.Context, log *slog.Logger, call *fencedCall, tasks []dms.Task) error {
	if len(call.created)+len(call.started) == 0 {
		return nil
	}
	until := time.Now().Add(contract.StepTimeout)
	if deadline, ok := ctx.Deadline(); ok {
		until = deadline
	}
	ids := map[string]bool{}
	for _, task := range tasks {
		ids[task.ID] = true
	}
	maps.Copy(ids, call.created)
	tasks = nil
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		tasks = append(tasks, dms.Task{ID: id})
	}
	for {
		holder, err := records.FindHolder(ctx, f.Leases, f.Table, call.owner.Job)
		switch {
		case err != nil:
			return err
		case holder.Execution == call.owner.Execution:
			return nil
		case holder.Execution != "":
			return leaseLost(call.owner, holder)
		}
		log.Warn("taking back what this call has changed: its run has lost the lease", "task", "",
			"created", slices.Sorted(maps.Keys(call.created)), "started", slices.Sorted(maps.Keys(call.started)))
		done, err := dms.TakeBack(ctx, f.DMS, f.Stack, tasks, call.created, call.started)
		if err != nil || done || time.Until(until) < takeBackPause+takeBackMargin {
			return errors.Join(leaseLost(call.owner, holder), err)
		}
		if err := Wait(ctx, takeBackPause); err != nil {
			return errors.Join(leaseLost(call.owner, holder), err)
		}
	}
}

// Wait waits for a time, or until the context ends, and then returns the context's error.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
