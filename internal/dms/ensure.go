package dms

import (
	"context"
	"fmt"
	"time"
)

// Ensurer makes tasks, adopts those that are right and takes away those that are not.
type Ensurer interface {
	Describer
	Deleter
	TagReader
	Creator
}

// Ensure does what can be done now to have every full-load task of specs as it should be, ready for a run that began at
// since: it creates what is missing, accepts what carries the same fingerprint, and stops or deletes what does not. Call
// it again as long as Observe reports Missing.
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
			tasks[i].Accepted, err = adopt(ctx, api, spec, found, since)
		} else {
			tasks[i].Accepted, err = CreateTask(ctx, api, spec)
		}
		if err != nil {
			return nil, err
		}
	}
	return tasks, nil
}

// adopt accepts an existing task of the same identifier if it is as it should be, and otherwise does what can be done
// now to be rid of it.
func adopt(ctx context.Context, api Ensurer, spec Spec, found Description, since time.Time) (accepted bool, err error) {
	tags, err := readTags(ctx, api, found)
	if err != nil {
		return false, err
	}
	if tags == nil {
		return false, nil // It went away just now: the next Ensure creates it.
	}
	if err := spec.owned(tags); err != nil {
		return false, err
	}
	neverRan := found.StartedAt.IsZero()
	same := tags[TagFingerprint] == spec.Fingerprint()
	switch {
	case neverRan && (found.Status == StatusFailed || found.Status == StatusStopped):
		// Its creation failed, perhaps also its deletion: nothing was loaded, so nothing is lost.
		return false, DeleteTask(ctx, api, found)
	case same && stale(found, since):
		// A full load that an earlier run left behind: what it proves is not this run's.
		return true, stop(ctx, api, found)
	case same:
		return true, nil
	case found.Type.Continuous() && !neverRan:
		return false, fmt.Errorf("replication task %s follows changes, and job %s only loads: deleting the task would lose its "+
			"checkpoint, so it stays as it is; give the full load another name, or delete the task yourself", spec.ID, spec.Job)
	default:
		return false, DeleteTask(ctx, api, found)
	}
}

// owned is the error of a task that belongs to somebody else.
func (s Spec) owned(tags map[string]string) error {
	if owner := tags[TagStack]; owner != s.Stack {
		return fmt.Errorf("replication task %s is not this stack's: its tag %s is %q, not %q; "+
			"delete that task or rename the job", s.ID, TagStack, owner, s.Stack)
	}
	return nil
}

// stale says that a full load is under way that began before the run did.
func stale(found Description, since time.Time) bool {
	underWay := found.Status == StatusRunning || found.Status == StatusStarting
	return !found.Type.Continuous() && underWay && !found.StartedAt.IsZero() && found.StartedAt.Before(since)
}
