package run

import (
	"context"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/records"
)

// verify holds what was loaded against what the source had, table by table: first it has the check function count, and
// says that it asked; called again with the answer, it gives the proofs, by SCHEMA.TABLE. A table that differs is not good.
func (r Record) verify(ctx context.Context, log *slog.Logger, run *Document, judged []taskVerdict) (proofs map[string]oracle.Proof, asked bool, err error) {
	switch {
	case run.Verify == "" || run.Error != nil || run.Recovering != nil:
		return nil, false, nil
	case run.CheckRequest == nil:
		asked, err := r.count(ctx, log, run, judged)
		return nil, asked, err
	}
	order, answer := run.CheckRequest, run.CheckResult
	run.CheckRequest, run.CheckResult = nil, nil
	run.SetPhase(dms.Finished, time.Now())
	proofs = map[string]oracle.Proof{}
	if problem := answer.problem(); problem != "" {
		for _, j := range judged {
			for _, t := range j.verdict.Tables {
				proofs[t.String()] = oracle.Proof{Table: t.String(), Word: oracle.Inconclusive, Why: problem}
			}
		}
		return proofs, false, nil
	}
	var counted checkservice.Answer
	if err := read(ctx, r.Objects, *order.To, &counted); err != nil {
		return nil, false, err
	}
	for _, p := range counted.Proofs {
		if p.Word == oracle.Inconclusive && run.StartSCN != nil && run.StartSCN.Problem != "" {
			p.Why += "; before the load, " + run.StartSCN.Problem
		}
		proofs[p.Table] = p
		if p.Word != oracle.Differing {
			continue
		}
		for i := range judged {
			judged[i].verdict.MarkFailed(p.Table, "differs from its source: "+p.Why)
		}
	}
	return proofs, false, nil
}

// count asks for the rows of the tables that DMS calls good. asked is false when there are none.
func (r Record) count(ctx context.Context, log *slog.Logger, run *Document, judged []taskVerdict) (asked bool, err error) {
	job, err := loadJob(ctx, r.Objects, run.Manifest, run.Request)
	if err != nil {
		return false, err
	}
	filters := map[string][]checkservice.Filter{}
	for _, task := range job.Tasks {
		if err := filtersOf(task, filters); err != nil {
			return false, err
		}
	}
	files := lake.Reader{Objects: r.Lake, Bucket: r.LakeBucket}
	request := checkservice.Request{Do: checkservice.Counts}
	if run.StartSCN != nil {
		request.SCN = run.StartSCN.SCN
	}
	for _, j := range judged {
		for _, t := range j.verdict.Tables {
			if !t.Good {
				continue
			}
			table := checkservice.Table{Schema: t.Schema, Name: t.Name, Loaded: t.Statistics.Rows, Filters: filters[t.String()]}
			rows, err := files.Count(ctx, r.LakeFolder+"/"+t.TargetSchema+"/"+t.TargetName)
			if err != nil {
				// CSV, or the lake does not answer: then the source is held against what DMS says alone.
				log.Warn("the files are not counted", "task", j.task.ID, "table", t.String(), "reason", err.Error())
			} else {
				table.Files = &rows
			}
			request.Tables = append(request.Tables, table)
		}
	}
	if len(request.Tables) == 0 {
		return false, nil
	}
	if run.CheckRequest, err = r.writeCheckRequest(ctx, r.Objects, run, request); err != nil {
		return false, err
	}
	run.SetPhase(Checking, time.Now())
	return true, nil
}

// filtersOf gathers the filters of a task's tables, by SCHEMA.TABLE.
func filtersOf(task manifest.Task, all map[string][]checkservice.Filter) error {
	details, err := task.Details()
	for name, d := range details {
		all[name] = checkservice.Filters(d.Filters)
	}
	return err
}

// arrived writes proofs into the tables' records.
func arrived(tables []records.Table, proofs map[string]oracle.Proof) {
	for i := range tables {
		if p, ok := proofs[tables[i].Table]; ok {
			tables[i].RowCount = &records.RowCount{Status: p.Word, Why: p.Why, Before: p.Before, After: p.After, Files: p.Files}
		}
	}
}
