package run

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/manifest"
)

var errNoJob = errors.New("has no such job")

// LoadJob reads the job of a request from the manifest at an address, with the tables that the request names.
func LoadJob(ctx context.Context, api documents.Reader, at contract.Address, request Request) (manifest.Job, error) {
	content, err := documents.Fetch(ctx, api, at)
	if err != nil {
		return manifest.Job{}, fmt.Errorf("read manifest %s: %w", at, err)
	}
	m, err := manifest.Parse(content)
	if err != nil {
		return manifest.Job{}, fmt.Errorf("read manifest %s: %w", at, err)
	}
	job, ok := m.Job(request.Job)
	if !ok {
		return manifest.Job{}, fmt.Errorf("job %q: department %s %w: its jobs are %s",
			request.Job, m.Department, errNoJob, strings.Join(names(m.Jobs), ", "))
	}
	return requested(job, request)
}

// requested is the part of a job that a request asks for: some of its tables, or all. It is an error to ask for what a job of
// this type cannot do.
func requested(job manifest.Job, request Request) (manifest.Job, error) {
	switch {
	case !job.Type.Continuous() && (len(request.Reload) > 0 || request.Resume):
		return manifest.Job{}, fmt.Errorf("job %s is of type %s: reload and resume are for jobs that follow changes; "+
			`to load some of its tables anew, name them in "tables"`, job.Name, job.Type)
	case job.Type.Continuous() && len(request.Tables) > 0:
		return manifest.Job{}, fmt.Errorf("job %s is of type %s: tables can be chosen for a full-load job only; "+
			`to load some of its tables anew, name them in "reload"`, job.Name, job.Type)
	case job.Paused && (len(request.Reload) > 0 || request.Resume):
		return manifest.Job{}, fmt.Errorf("job %s is paused, and so it neither reloads nor resumes anything: "+
			"take paused: true out of the department's file and deploy first", job.Name)
	case len(request.Reload) > 0:
		_, err := job.WithTables(request.Reload)
		return job, err
	case len(request.Tables) > 0:
		return job.WithTables(request.Tables)
	default:
		return job, nil
	}
}

func names(jobs []manifest.Job) []string {
	all := make([]string, len(jobs))
	for i, job := range jobs {
		all[i] = job.Name
	}
	return all
}
