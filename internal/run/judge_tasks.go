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

// judge finds out what the tasks of a run came to.
type judge struct {
	Stack     string
	Documents documents.Reader
	DMS       interface {
		dms.Describer
		dms.StatisticsReader
	}
}

// taskVerdict is one task of the run with what it came to.
type taskVerdict struct {
	task        dms.Task
	observation verdict.Observation
	verdict     verdict.Verdict
}

// observationAge is how old an earlier description may be that is used again: it is judged within seconds, unless something
// goes wrong between the two.
const observationAge = 30 * time.Second

// judge judges every task of the run. It does not describe a task again that was just seen running.
func (j judge) judge(ctx context.Context, doc *Document) ([]taskVerdict, error) {
	if len(doc.Tasks) == 0 {
		return nil, nil // The run failed before it knew its tasks.
	}
	want, err := j.wanted(ctx, doc)
	if err != nil {
		return nil, err
	}
	found := map[string]dms.Description{}
	if last := doc.Tasks[0].LastDescription; last != nil && len(doc.Tasks) == 1 && time.Since(last.SeenAt) < observationAge {
		found[last.ID] = *last
	} else if found, err = dms.Describe(ctx, j.DMS, doc.Tasks); err != nil {
		return nil, err
	}
	_, since := doc.recordedRun()
	judged := make([]taskVerdict, len(doc.Tasks))
	for i, task := range doc.Tasks {
		o := verdict.Observation{}
		o.Task, o.Exists = found[task.ID]
		o.Exists = o.Exists && (task.Accepted || doc.Paused) // A task that is not the run's proves nothing.
		judged[i] = taskVerdict{task: task, observation: o}
		if doc.Paused {
			continue // It is stopped, as it should be: there is nothing to prove.
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
		judged[i].verdict = verdict.Judge(kind, want[task.ID], o, since)
	}
	return judged, nil
}

// wanted are the tables that each task of the run must account for, by the task's identifier.
func (j judge) wanted(ctx context.Context, doc *Document) (map[string][]manifest.Table, error) {
	job, err := LoadJob(ctx, j.Documents, doc.Manifest, doc.Request)
	if err != nil {
		return nil, err
	}
	want := map[string][]manifest.Table{}
	for _, task := range job.Tasks {
		want[TaskID(j.Stack, task)] = task.Tables
	}
	if doc.Reload != nil && len(doc.Tasks) > 1 {
		some, err := job.WithTables(doc.Reload.Tables)
		if err != nil {
			return nil, err
		}
		want[doc.Tasks[1].ID] = some.Tasks[0].Tables
	}
	return want, nil
}
