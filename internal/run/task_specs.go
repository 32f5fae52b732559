package run

import (
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
)

// specs are the tasks of a job as they should be.
func (c Create) specs(run *Document, job manifest.Job) []dms.Spec {
	specs := make([]dms.Spec, len(job.Tasks))
	for i, task := range job.Tasks {
		specs[i] = c.spec(run, job.Name, job.Type, task)
		if job.StartFrom != department.StartNow {
			specs[i].StartFrom = job.StartFrom
		}
	}
	return specs
}

// spec is a task of a job as it should be.
func (c Create) spec(run *Document, job string, kind department.Type, task manifest.Task) dms.Spec {
	e := run.Endpoints
	return dms.Spec{
		ID: c.taskID(task), Stack: c.Stack, Job: job, Type: kind,
		Mappings: string(task.Mappings), Settings: string(task.Settings),
		SourceARN: e.Source, TargetARN: e.Target, InstanceARN: e.Instance,
	}
}

func (c Create) taskID(task manifest.Task) string { return c.Stack + "-" + task.Name }

// backfillID is the task that loads tables of a job which follows changes.
func (c Create) backfillID(job manifest.Job) string { return c.Stack + "-" + job.BackfillName() }
