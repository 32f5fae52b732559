package run

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/oracle/checkservice"
)

// Verify is the function that requests row counts of the source after a load, if the job verifies its loads. Record compares the
// counts.
type Verify struct {
	contract.Environment
	LakeBucket string
	Log        *slog.Logger
	Documents  documents.Store
	Lake       lake.Objects
	DMS        interface {
		dms.Describer
		dms.StatisticsReader
	}
}

// NewVerify makes the function from the environment variables that the stack sets.
func NewVerify(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env := contract.NewReader(getenv)
	v := Verify{
		Environment: env.Common(), LakeBucket: env.Need(contract.EnvLakeBucket), Log: log,
		Documents: s3.NewFromConfig(cfg), Lake: s3.NewFromConfig(cfg), DMS: awsdms.NewFromConfig(cfg),
	}
	return v.Step(), env.Err()
}

// Step requests the row counts of the tables that are good so far. The request has the number of rows that DMS has loaded, and
// the number of rows in the table's files. If no table is good, there is nothing to count, and the phase is dms.Finished.
func (v Verify) Step() Step {
	return NewStep("verify", v.Department, v.Log, func(ctx context.Context, log *slog.Logger, doc *Document) error {
		request, err := v.countRequest(ctx, log, doc)
		if err != nil {
			return err
		}
		now := time.Now()
		if len(request.Tables) == 0 {
			doc.SetPhase(dms.Finished, now)
			return nil
		}
		if doc.CheckRequest, err = writeCheckRequest(ctx, v.Documents, v.LakeBucket, doc, request); err != nil {
			return err
		}
		doc.SetPhase(Counting, now)
		return nil
	})
}

// countRequest makes the request for the row counts.
func (v Verify) countRequest(ctx context.Context, log *slog.Logger, doc *Document) (checkservice.Request, error) {
	request := checkservice.Request{Do: checkservice.Counts}
	if doc.StartSCN != nil {
		request.SCN = doc.StartSCN.SCN
	}
	judged, err := judge{Stack: v.Stack, Documents: v.Documents, DMS: v.DMS}.judgeTasks(ctx, doc)
	if err != nil {
		return request, err
	}
	filters, err := v.filters(ctx, doc)
	if err != nil {
		return request, err
	}
	for _, one := range inventories(ctx, lake.Reader{Objects: v.Lake, Bucket: v.LakeBucket}, doc, judged) {
		t := one.table
		table := checkservice.Table{Schema: t.Schema, Name: t.Name, Loaded: t.Statistics.Rows, Filters: filters[t.String()]}
		switch {
		case one.err != nil: // Record counts the files again, and decides about the table.
			log.Warn("the rows of the files could not be counted", "task", judged[one.task].task.ID, "table", t.String(), "reason", one.err.Error())
		case one.found.Uncounted == "":
			table.Files = &one.found.Rows
		}
		request.Tables = append(request.Tables, table)
	}
	return request, nil
}

// filters returns the filters of the job's tables, by SCHEMA.TABLE.
func (v Verify) filters(ctx context.Context, doc *Document) (map[string][]checkservice.Filter, error) {
	job, err := LoadJob(ctx, v.Documents, doc.Manifest, doc.Request)
	if err != nil {
		return nil, err
	}
	all := map[string][]checkservice.Filter{}
	for _, task := range job.Tasks {
		if err := addFilters(all, task); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// addFilters adds the filters of a task's tables to all.
func addFilters(all map[string][]checkservice.Filter, task manifest.Task) error {
	details, err := task.Details()
	for name, d := range details {
		all[name] = checkservice.Filters(d.Filters)
	}
	return err
}
