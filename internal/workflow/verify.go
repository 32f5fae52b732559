package workflow

import (
	"context"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/inspect"
	"github.com/oralake/oralake/internal/replication"
)

// Began is what is known of the source just before a load began.
type Began struct {
	SCN     int64  `json:"scn,omitempty"`     // its system change number; 0 when it could not be taken
	Problem string `json:"problem,omitempty"` // why it could not
}

// beforeStart is the phase of a run whose tasks can be started: a run that verifies its loads takes the SCN first, once,
// since tables that are loaded already would be held against a later one in vain.
func (r *Run) beforeStart() replication.Phase {
	if r.Verify == "" || r.Began != nil {
		return replication.Ready
	}
	r.Ask = &inspect.Order{Request: inspect.Request{Do: inspect.SCN}}
	return Checking
}

// hearSCN takes in the SCN, if the run asked for it.
func (r *Run) hearSCN() {
	if r.Ask == nil || r.Ask.Do != inspect.SCN {
		return
	}
	began := &Began{Problem: r.Answer.problem()}
	if began.Problem == "" {
		began.SCN = r.Answer.SCN
	}
	r.Began, r.Ask, r.Answer = began, nil, nil
}

// verify holds what was loaded against what the source had, table by table: first it has the check function count, and
// says that it asked; called again with the answer, it gives the proofs, by SCHEMA.TABLE. A table that differs is not good.
func (r Record) verify(ctx context.Context, log *slog.Logger, run *Run, judged []judgedTask) (proofs map[string]oracle.Proof, asked bool, err error) {
	switch {
	case run.Verify == "" || run.Error != nil || run.Swept != nil:
		return nil, false, nil
	case run.Ask == nil:
		asked, err := r.count(ctx, log, run, judged)
		return nil, asked, err
	}
	order, answer := run.Ask, run.Answer
	run.Ask, run.Answer = nil, nil
	run.enter(replication.Finished, time.Now())
	proofs = map[string]oracle.Proof{}
	if problem := answer.problem(); problem != "" {
		for _, j := range judged {
			for _, t := range j.verdict.Tables {
				proofs[t.String()] = oracle.Proof{Table: t.String(), Word: oracle.Inconclusive, Why: problem}
			}
		}
		return proofs, false, nil
	}
	var counted inspect.Answer
	if err := read(ctx, r.Objects, *order.To, &counted); err != nil {
		return nil, false, err
	}
	for _, p := range counted.Proofs {
		if p.Word == oracle.Inconclusive && run.Began != nil && run.Began.Problem != "" {
			p.Why += "; before the load, " + run.Began.Problem
		}
		proofs[p.Table] = p
		if p.Word != oracle.Differing {
			continue
		}
		for i := range judged {
			judged[i].verdict.Doubt(p.Table, "differs from its source: "+p.Why)
		}
	}
	return proofs, false, nil
}

// count asks for the rows of the tables that DMS calls good. asked is false when there are none.
func (r Record) count(ctx context.Context, log *slog.Logger, run *Run, judged []judgedTask) (asked bool, err error) {
	job, err := loadJob(ctx, r.Objects, run.Manifest, run.Request)
	if err != nil {
		return false, err
	}
	filters := map[string][]inspect.Filter{}
	for _, task := range job.Tasks {
		if err := filtersOf(task, filters); err != nil {
			return false, err
		}
	}
	files := lake.Reader{Objects: r.Lake, Bucket: r.LakeBucket}
	request := inspect.Request{Do: inspect.Counts}
	if run.Began != nil {
		request.SCN = run.Began.SCN
	}
	for _, j := range judged {
		for _, t := range j.verdict.Tables {
			if !t.Good {
				continue
			}
			table := inspect.Table{Schema: t.Schema, Name: t.Name, Loaded: t.Statistics.Rows, Filters: filters[t.String()]}
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
	if run.Ask, err = r.order(ctx, r.Objects, run, request); err != nil {
		return false, err
	}
	run.enter(Checking, time.Now())
	return true, nil
}

// filtersOf gathers the filters of a task's tables, by SCHEMA.TABLE.
func filtersOf(task manifest.Task, all map[string][]inspect.Filter) error {
	details, err := task.Details()
	for name, d := range details {
		all[name] = inspect.Filters(d.Filters)
	}
	return err
}

// arrived writes proofs into the tables' records.
func arrived(tables []history.Table, proofs map[string]oracle.Proof) {
	for i := range tables {
		if p, ok := proofs[tables[i].Table]; ok {
			tables[i].Arrival = &history.Arrival{Word: p.Word, Why: p.Why, Before: p.Before, After: p.After, Files: p.Files}
		}
	}
}
