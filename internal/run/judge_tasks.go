package run

import (
	"context"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/verdict"
)

// taskVerdict is one task of the run with what it came to.
type taskVerdict struct {
	task        dms.Task
	observation verdict.Observation
	verdict     verdict.Verdict
}

// observationAge is how long what was just seen is believed: the look is followed by the judgement within seconds, unless something
// goes wrong between them.
const observationAge = 30 * time.Second

// judge looks at every task of the run. A task that was just seen at work is not described again.
func (r Record) judge(ctx context.Context, run *Document) ([]taskVerdict, error) {
	if len(run.Tasks) == 0 {
		return nil, nil // The run failed before it knew its tasks.
	}
	want, err := r.wanted(ctx, run)
	if err != nil {
		return nil, err
	}
	found := map[string]dms.Description{}
	if seen := run.Tasks[0].LastDescription; seen != nil && len(run.Tasks) == 1 && time.Since(seen.SeenAt) < observationAge {
		found[seen.ID] = *seen
	} else if found, err = dms.Describe(ctx, r.DMS, run.Tasks); err != nil {
		return nil, err
	}
	_, since := run.recordedRun()
	judged := make([]taskVerdict, len(run.Tasks))
	for i, task := range run.Tasks {
		evidence := verdict.Observation{}
		evidence.Task, evidence.Exists = found[task.ID]
		evidence.Exists = evidence.Exists && (task.Accepted || run.Paused) // Another's task proves nothing.
		judged[i] = taskVerdict{task: task, observation: evidence}
		if run.Paused {
			continue // It is at rest, as it should be: there is nothing to prove.
		}
		if evidence.Exists {
			evidence.Statistics, err = dms.Statistics(ctx, r.DMS, evidence.Task.ARN)
			if err != nil {
				return nil, err
			}
		}
		kind := run.Type
		if task.Backfill {
			kind = department.FullLoad
		}
		judged[i].observation = evidence
		judged[i].verdict = verdict.Judge(kind, want[task.ID], evidence, since)
	}
	return judged, nil
}

// wanted are the tables that each task of the run must account for, by the task's identifier.
func (r Record) wanted(ctx context.Context, run *Document) (map[string][]manifest.Table, error) {
	job, err := loadJob(ctx, r.Objects, run.Manifest, run.Request)
	if err != nil {
		return nil, err
	}
	want := map[string][]manifest.Table{}
	for _, task := range job.Tasks {
		want[r.Stack+"-"+task.Name] = task.Tables
	}
	if run.Reload != nil && len(run.Tasks) > 1 {
		some, err := job.Only(run.Reload.Tables)
		if err != nil {
			return nil, err
		}
		want[run.Tasks[1].ID] = some.Tasks[0].Tables
	}
	return want, nil
}
