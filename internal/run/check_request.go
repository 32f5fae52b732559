package run

import (
	"context"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/records"
)

// requestCheck has the check function look at the database before the tasks of a job are made or changed.
func (c Create) requestCheck(ctx context.Context, run *Document, job manifest.Job) error {
	request, err := requestOf(job)
	if err != nil {
		return err
	}
	order, err := c.writeCheckRequest(ctx, c.Objects, run, request)
	if err != nil {
		return err
	}
	run.Check, run.CheckRequest = &records.Check{Mode: job.Check}, order
	run.SetPhase(Checking, time.Now())
	return nil
}

// writeCheckRequest lays a request beside the run, where the check function reads it, and where it is to write its answer.
func (e Environment) writeCheckRequest(ctx context.Context, api Documents, run *Document, r checkservice.Request) (*checkservice.Input, error) {
	from, err := e.runObjectKey(run, r.Do+".request.json")
	if err != nil {
		return nil, err
	}
	to, err := e.runObjectKey(run, r.Do+".json")
	if err != nil {
		return nil, err
	}
	return &checkservice.Input{Request: checkservice.Request{Do: r.Do}, From: &from, To: &to}, write(ctx, api, from, r)
}

// requestOf is what is asked about a job.
func requestOf(job manifest.Job) (checkservice.Request, error) {
	r := checkservice.Request{
		Do: checkservice.Check, FullLoad: job.Type != department.CDC, CDC: job.Type.Continuous(), Capture: job.Capture,
	}
	for _, task := range job.Tasks {
		details, err := task.Details()
		if err != nil {
			return r, err
		}
		for _, t := range task.Tables {
			d := details[t.String()]
			if t.Measure {
				d.LOBMaxKB = 0
			}
			r.Tables = append(r.Tables, checkservice.Table{
				Schema: t.Schema, Name: t.Name, Exclude: d.Exclude, Filters: checkservice.Filters(d.Filters),
				LOBMaxKB: d.LOBMaxKB, Parallel: t.Split,
			})
		}
	}
	return r, nil
}

// check has the database looked at once in a run, before the task is made or changed. asked says that the run waits for
// the answer.
func (f *follower) check(ctx context.Context) (asked bool, err error) {
	if f.job.Check == "" || f.run.Check != nil {
		return false, nil
	}
	return true, f.requestCheck(ctx, f.run, f.job)
}
