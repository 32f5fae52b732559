package run

import (
	"context"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// compareCounts reads the row counts of the check function as they are recorded, by SCHEMA.TABLE. It fails the tables whose loaded
// rows differ from those at the source, and notes in the verdicts which tables are counted. If the check function has failed, every
// count is inconclusive. The result is nil if the run requested no counts.
func (r Record) compareCounts(ctx context.Context, doc *Document, judged []taskVerdict) (map[string]*records.RowCount, error) {
	request, result := doc.CheckRequest, doc.CheckResult
	if request == nil || request.Do != checkservice.Counts {
		return nil, nil
	}
	doc.CheckRequest, doc.CheckResult = nil, nil
	counts := map[string]*records.RowCount{}
	if problem := result.problem(); problem != "" {
		for _, j := range judged {
			for _, t := range j.verdict.Tables {
				counts[t.String()] = &records.RowCount{Status: oracle.Inconclusive, Why: problem}
			}
		}
		return counts, nil
	}
	var answer checkservice.Answer
	if err := documents.Read(ctx, r.Documents, *request.To, &answer); err != nil {
		return nil, err
	}
	for _, p := range answer.RowCounts {
		count := &records.RowCount{
			Status: p.Status, Why: dms.Brief(p.Why), Before: p.Before, After: p.After, Files: p.Files,
			By: "check function, driver " + answer.Driver, CountedAt: timeOrNil(answer.CountedAt),
		}
		if doc.StartSCN != nil {
			count.SCN = doc.StartSCN.SCN
		}
		if p.Status == oracle.Inconclusive && doc.StartSCN != nil && doc.StartSCN.Problem != "" {
			count.Why += "; before the load, " + doc.StartSCN.Problem
		}
		counts[p.Table] = count
		for i := range judged {
			switch p.Status {
			case oracle.Equal:
				verdict.MarkCounted(&judged[i].verdict, p.Table)
			case oracle.Differing:
				verdict.MarkDiffering(&judged[i].verdict, p.Table, p.Why)
			}
		}
	}
	return counts, nil
}
