package run

import (
	"context"

	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// compareCounts reads the row counts of the check function, by SCHEMA.TABLE, and fails the tables whose loaded rows differ from
// those at the source. If the check function has failed, every count is inconclusive. The result is nil if the run requested no
// counts.
func (r Record) compareCounts(ctx context.Context, doc *Document, judged []taskVerdict) (map[string]oracle.RowCount, error) {
	request, result := doc.CheckRequest, doc.CheckResult
	if request == nil || request.Do != checkservice.Counts {
		return nil, nil
	}
	doc.CheckRequest, doc.CheckResult = nil, nil
	counts := map[string]oracle.RowCount{}
	if problem := result.problem(); problem != "" {
		for _, j := range judged {
			for _, t := range j.verdict.Tables {
				counts[t.String()] = oracle.RowCount{Table: t.String(), Status: oracle.Inconclusive, Why: problem}
			}
		}
		return counts, nil
	}
	var answer checkservice.Answer
	if err := documents.Read(ctx, r.Documents, *request.To, &answer); err != nil {
		return nil, err
	}
	for _, p := range answer.RowCounts {
		if p.Status == oracle.Inconclusive && doc.StartSCN != nil && doc.StartSCN.Problem != "" {
			p.Why += "; before the load, " + doc.StartSCN.Problem
		}
		counts[p.Table] = p
		if p.Status != oracle.Differing {
			continue
		}
		for i := range judged {
			verdict.MarkDiffering(&judged[i].verdict, p.Table, p.Why)
		}
	}
	return counts, nil
}

// fillCounts adds the row counts to the records of their tables.
func fillCounts(tables []records.Table, counts map[string]oracle.RowCount) {
	for i := range tables {
		if p, ok := counts[tables[i].Table]; ok {
			tables[i].RowCount = &records.RowCount{Status: p.Status, Why: p.Why, Before: p.Before, After: p.After, Files: p.Files}
		}
	}
}
