package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/manifest"
)

var errNoJob = errors.New("has no such job")

// LoadJob reads the job of a request from the manifest at an address. If the request names tables, the job has only those.
func LoadJob(ctx context.Context, api documents.Reader, at contract.Address, request Request) (manifest.Job, error) {
	content, err := documents.Fetch(ctx, api, at)
	if err != nil {
		return manifest.Job{}, fmt.Errorf("read the manifest %s: %w", at, err)
	}
	m, err := manifest.Parse(content)
	if err != nil {
		return manifest.Job{}, fmt.Errorf("read the manifest %s: %w", at, err)
	}
	job, ok := m.Job(request.Job)
	if !ok {
		return manifest.Job{}, fmt.Errorf("job %q: department %s %w: its jobs are %s; start the state machine with one of them",
			request.Job, m.Department, errNoJob, strings.Join(jobNames(m.Jobs), ", "))
	}
	return ApplyRequest(job, request)
}

// ApplyRequest returns the job with only the tables that a request names, or the whole job if it names none. It fails if a job of
// this type cannot do what the request asks for.
func ApplyRequest(job manifest.Job, request Request) (manifest.Job, error) {
	changes := len(request.Reload) > 0 || len(request.Accept) > 0 || request.Resume
	switch {
	case job.Type.Continuous() && len(request.Rollback) > 0:
		return manifest.Job{}, fmt.Errorf("job %s is of type %s: only snapshots of a full-load job can be rolled back; "+
			`to load some of its tables again, name them in "reload"`, job.Name, job.Type)
	case job.Type.Continuous() && len(request.Publish) > 0:
		return manifest.Job{}, fmt.Errorf("job %s is of type %s: only loads of a full-load job are held; "+
			`to load some of its tables again, name them in "reload"`, job.Name, job.Type)
	case !job.Type.Continuous() && changes:
		return manifest.Job{}, fmt.Errorf("job %s is of type %s: reload, accept and resume are for jobs that follow changes; "+
			`to load only some of its tables, name them in "tables"`, job.Name, job.Type)
	case job.Type.Continuous() && len(request.Tables) > 0:
		return manifest.Job{}, fmt.Errorf("job %s is of type %s: tables can be chosen for a full-load job only; "+
			`to load some of its tables again, name them in "reload"`, job.Name, job.Type)
	case job.Paused && changes:
		return manifest.Job{}, fmt.Errorf("job %s cannot reload, accept or resume: the department's file says paused: true; "+
			"take that line out, deploy, and start the run again", job.Name)
	case changes:
		return job, checkTables(job, request)
	case len(request.Tables) > 0 || request.loadsNothing():
		return job.WithTables(slices.Concat(request.Tables, request.Rollback, request.Publish))
	default:
		return job, nil
	}
}

// checkTables fails if a request names a table that the job does not have, or wants to reload a table and accept it as it is.
func checkTables(job manifest.Job, request Request) error {
	for _, name := range request.Accept {
		if slices.Contains(request.Reload, name) {
			return fmt.Errorf(`%s is in both "reload" and "accept": a reload needs no acceptance; name it in one of them`, name)
		}
	}
	if names := slices.Concat(request.Reload, request.Accept); len(names) > 0 {
		_, err := job.WithTables(names)
		return err
	}
	return nil
}

func jobNames(jobs []manifest.Job) []string {
	all := make([]string, len(jobs))
	for i, job := range jobs {
		all[i] = job.Name
	}
	return all
}
