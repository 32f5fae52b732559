package dms

import (
	"context"
	"fmt"
	"time"

	"github.com/oralake/oralake/internal/contract"
)

// Ensurer makes the calls that Ensure needs.
type Ensurer interface {
	Describer
	Deleter
	TagReader
	Creator
}

// Ensure brings the full-load tasks closer to their specs, for a run that started at since. It creates a task that is missing
// and accepts one with the fingerprint of its spec. It stops or deletes any other task of the stack, so that a later call can
// create the right one. Call it again as long as PhaseOf returns Missing. It fails if a task carries the tag of another stack,
// or if a task that follows changes has the identifier of a full load.
func Ensure(ctx context.Context, api Ensurer, specs []Spec, since time.Time) ([]Task, error) {
	tasks := make([]Task, len(specs))
	for i, spec := range specs {
		tasks[i].ID = spec.ID
	}
	existing, err := Describe(ctx, api, tasks)
	if err != nil {
		return nil, err
	}
	for i, spec := range specs {
		if found, ok := existing[spec.ID]; ok {
			tasks[i].Accepted, err = acceptOrDelete(ctx, api, spec, found, since)
		} else {
			tasks[i].Accepted, err = CreateTask(ctx, api, spec)
		}
		if err != nil {
			return nil, err
		}
	}
	return tasks, nil
}

// acceptOrDelete accepts an existing task that matches its spec. It deletes any other task, or stops it first if it is running.
func acceptOrDelete(ctx context.Context, api Ensurer, spec Spec, found Description, since time.Time) (accepted bool, err error) {
	tags, err := readTags(ctx, api, found)
	if isUntagged(err) {
		return false, nil // The next Ensure reads the tags again.
	}
	if err != nil {
		return false, err
	}
	if tags == nil {
		return false, nil // The task was deleted after it was described: the next Ensure creates it.
	}
	if err := spec.checkOwner(tags); err != nil {
		return false, err
	}
	neverRan := found.StartedAt.IsZero()
	same := tags[contract.TagFingerprint] == spec.Fingerprint()
	switch {
	case neverRan && found.HasEnded():
		// DMS could not create the task, and perhaps could not delete it. The task has loaded nothing, so nothing is lost.
		return false, DeleteTask(ctx, api, found)
	case same && loadsForEarlierRun(found, since):
		// This run cannot use the load of an earlier run: its rows may be older than this run.
		return true, StopTask(ctx, api, found)
	case same:
		return true, nil
	case found.Type.Continuous() && !neverRan:
		return false, fmt.Errorf("replication task %s follows changes, and job %s only loads: deleting the task would lose its "+
			"checkpoint, so it is kept; give the full-load job another name, or delete the task yourself", spec.ID, spec.Job)
	default:
		return false, DeleteTask(ctx, api, found)
	}
}

// checkOwner fails if the tags of a task are not those of the spec's stack.
func (s Spec) checkOwner(tags map[string]string) error {
	if owner := tags[contract.TagStack]; owner != s.Stack {
		return fmt.Errorf("replication task %s is not this stack's: its tag %s is %q, not %q; "+
			"delete that task or rename the job", s.ID, contract.TagStack, owner, s.Stack)
	}
	return nil
}

// loadsForEarlierRun says that the task is loading, and that its load started before the run, at since.
func loadsForEarlierRun(found Description, since time.Time) bool {
	loading := found.IsRunning() || found.Status == StatusStarting
	return !found.Type.Continuous() && loading && !found.StartedAt.IsZero() && found.StartedAt.Before(since)
}
