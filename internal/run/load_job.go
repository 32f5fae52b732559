package run

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/manifest"
)

// Objects reads S3 objects.
type Objects interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

var errNoJob = errors.New("has no such job")

// loadJob reads the job of a request from the manifest at an address, with the tables that the request names.
func loadJob(ctx context.Context, api Objects, at ManifestAddress, request Request) (manifest.Job, error) {
	content, err := fetch(ctx, api, at.Bucket, at.Key)
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
	return asked(job, request)
}

// asked is what a request asks for of a job: some of its tables, or all. What the job's type cannot do is an error.
func asked(job manifest.Job, request Request) (manifest.Job, error) {
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
		_, err := job.Only(request.Reload)
		return job, err
	case len(request.Tables) > 0:
		return job.Only(request.Tables)
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

// String is the address as the AWS command line writes it; empty for none.
func (a ManifestAddress) String() string {
	if a == (ManifestAddress{}) {
		return ""
	}
	return "s3://" + a.Bucket + "/" + a.Key
}
