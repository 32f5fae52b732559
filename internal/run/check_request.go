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

// RequestCheck requests a check of the source database, before the run creates or changes the job's tasks. The state machine
// passes doc.CheckRequest to the check function, and its output comes back in doc.CheckResult: see ReceiveCheck.
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

// writeCheckRequest writes a request to the run's folder in the lake, because it may be too long for the run document. It returns
// the input of the check function: the addresses of the request and of the answer.
func writeCheckRequest(
	ctx context.Context, api documents.Store, lakeBucket string, doc *Document, r checkservice.Request,
) (*checkservice.Input, error) {
	from, to := RunObjectAddress(lakeBucket, doc, r.Do+".request.json"), RunObjectAddress(lakeBucket, doc, r.Do+".json")
	input := &checkservice.Input{Request: checkservice.Request{Do: r.Do}, From: &from, To: &to}
	return input, documents.Write(ctx, api, from, r)
}

// checkOf returns the request for a check of a job's tables.
func checkOf(job manifest.Job) (checkservice.Request, error) {
	r := checkservice.Request{
		Do: checkservice.Check, FullLoad: job.Type != department.CDC, CDC: job.Type.Continuous(), Capture: job.Capture,
		Counts: job.Verify == department.Counts, Format: job.Format, RedoLog: job.RedoLog, NumberScale: job.NumberScale,
		RedoDeadlineHours: job.RedoDeadlineHours,
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
				LOBMaxKB: d.LOBMaxKB, Parallel: t.PlanParallelLoad, RangeColumns: d.RangeColumns, Partitions: d.Partitions,
				View: t.View,
			})
		}
	}
	return r, nil
}
