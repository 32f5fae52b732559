package run

import (
	"context"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/verdict"
)

// judge observes the tasks of a run in DMS and makes their verdicts.
type judge struct {
	Stack     string
	Documents documents.Reader
	DMS       interface {
		dms.Describer
		dms.StatisticsReader
	}
}

// taskVerdict is a task of the run with its verdict.
type taskVerdict struct {
	task        dms.Task
	observation verdict.Observation
	verdict     verdict.Verdict
}

// maxDescriptionAge is how old an earlier description of a task may be to be used again. Usually it is a few seconds old.
const maxDescriptionAge = 30 * time.Second

// judgeTasks judges every task of the run, in the order of doc.Tasks. It does not describe a task again that Reconcile has just
// described as running.
func (j judge) judgeTasks(ctx context.Context, doc *Document) ([]taskVerdict, error) {
	if len(doc.Tasks) == 0 {
		return nil, nil // The run failed before Prepare named its tasks.
	}
	expected, err := j.expectedTables(ctx, doc)
	if err != nil {
		return nil, err
	}
	found := map[string]dms.Description{}
	if last := doc.Tasks[0].LastDescription; last != nil && len(doc.Tasks) == 1 && time.Since(last.SeenAt) < maxDescriptionAge {
		found[last.ID] = *last
	} else if found, err = dms.Describe(ctx, j.DMS, doc.Tasks); err != nil {
		return nil, err
	}
	since := doc.Began()
	if doc.Recovering != nil {
		since = doc.Recovering.StartedAt
	}
	judged := make([]taskVerdict, len(doc.Tasks))
	for i, task := range doc.Tasks {
		o := verdict.Observation{}
		o.Task, o.Exists = found[task.ID]
		o.Exists = o.Exists && (task.Accepted || doc.Paused) // A task that the run has not accepted proves nothing.
		o.Resumed = o.Exists && !o.Task.Type.Continuous() && !task.PreviousStart.IsZero()
		judged[i] = taskVerdict{task: task, observation: o}
		if doc.Paused {
			continue // The task is stopped, as the department's file says: it has no verdict.
		}
		if o.Exists {
			if o.Statistics, err = dms.Statistics(ctx, j.DMS, o.Task.ARN); err != nil {
				return nil, err
			}
		}
		kind := doc.Type
		if task.Backfill {
			kind = department.FullLoad
		}
		judged[i].observation = o
		judged[i].verdict = verdict.Judge(kind, expected[task.ID], o, since)
	}
	return judged, nil
}

// expectedTables returns the tables that each task of the run should load or follow, by the task's identifier.
func (j judge) expectedTables(ctx context.Context, doc *Document) (map[string][]manifest.Table, error) {
	job, err := LoadJob(ctx, j.Documents, doc.Manifest, doc.Request)
	if err != nil {
		return nil, err
	}
	expected := map[string][]manifest.Table{}
	for _, task := range job.Tasks {
		expected[TaskID(j.Stack, task)] = task.Tables
	}
	if doc.Reload != nil && len(doc.Tasks) > 1 && len(doc.Reload.Tables) > 0 {
		part, err := job.WithTables(doc.Reload.Tables)
		if err != nil {
			return nil, err
		}
		expected[doc.Tasks[1].ID] = part.Tasks[0].Tables
	}
	return expected, nil
}
