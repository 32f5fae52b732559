package run

import (
	"context"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/records"
)

// RequestCheck asks for a check of the source database before the tasks of a job are made or changed. The state machine hands
// doc.CheckRequest to the check function; its answer comes back in doc.CheckResult.
func RequestCheck(ctx context.Context, api documents.Store, lakeBucket string, doc *Document, job manifest.Job) error {
	request, err := checkOf(job)
	if err != nil {
		return err
	}
	input, err := writeCheckRequest(ctx, api, lakeBucket, doc, request)
	if err != nil {
		return err
	}
	doc.Check, doc.CheckRequest = &records.Check{Mode: job.Check}, input
	doc.SetPhase(Checking, time.Now())
	return nil
}

// writeCheckRequest writes a request beside the run, where the check function reads it, and says where its answer goes.
func writeCheckRequest(
	ctx context.Context, api documents.Store, lakeBucket string, doc *Document, r checkservice.Request,
) (*checkservice.Input, error) {
	from, to := runObject(lakeBucket, doc, r.Do+".request.json"), runObject(lakeBucket, doc, r.Do+".json")
	input := &checkservice.Input{Request: checkservice.Request{Do: r.Do}, From: &from, To: &to}
	return input, documents.Write(ctx, api, from, r)
}

// checkOf is the check of a job.
func checkOf(job manifest.Job) (checkservice.Request, error) {
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
			if t.MeasureLOBs {
				d.LOBMaxKB = 0
			}
			r.Tables = append(r.Tables, checkservice.Table{
				Schema: t.Schema, Name: t.Name, Exclude: d.Exclude, Filters: checkservice.Filters(d.Filters),
				LOBMaxKB: d.LOBMaxKB, Parallel: t.PlanParallelLoad,
			})
		}
	}
	return r, nil
}
