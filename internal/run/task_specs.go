package run

import (
	"cmp"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
)

// TaskSpecs returns the specs of a job's tasks, in the order of the job.
func TaskSpecs(stack string, doc *Document, job manifest.Job) []dms.Spec {
	specs := make([]dms.Spec, len(job.Tasks))
	for i, task := range job.Tasks {
		specs[i] = taskSpec(stack, doc, job, job.Type, task)
	}
	return specs
}

// taskSpec returns the spec of one task of a job.
func taskSpec(stack string, doc *Document, job manifest.Job, kind department.Type, task manifest.Task) dms.Spec {
	e := doc.Endpoints
	return dms.Spec{
		ID: TaskID(stack, task), Stack: stack, Job: job.Name, Tags: job.Tags, Type: kind,
		Mappings: string(task.Mappings), Settings: string(task.Settings),
		SourceARN: e.Source, TargetARN: e.Target, InstanceARN: e.Instance,
	}
}

// BackfillSpec returns the spec of the task that loads tables of a cdc job once.
func BackfillSpec(stack string, doc *Document, job manifest.Job, task manifest.Task) dms.Spec {
	spec := taskSpec(stack, doc, job, department.FullLoad, task)
	// A run that was prepared by an older version has one endpoint for both tasks.
	spec.TargetARN = cmp.Or(doc.Endpoints.Load, spec.TargetARN)
	return spec
}

// TaskID returns the replication task identifier of a task, STACK-JOB-NUMBER.
func TaskID(stack string, task manifest.Task) string { return stack + "-" + task.Name }

// BackfillID returns the identifier of the task that loads tables of a job that follows changes.
func BackfillID(stack string, job manifest.Job) string { return stack + "-" + job.BackfillName() }
