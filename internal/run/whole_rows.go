package run

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/records"
)

// maxRecordedStatements is how many statements WholeRows has at most. The report of the check has all of them.
const maxRecordedStatements = 10

// checkedWholeRows returns what a check has found about the supplemental logging of a job's tables; nil if it found nothing.
func checkedWholeRows(report oracle.Report, now time.Time) *records.WholeRows {
	found := report.WholeRows
	if found == nil {
		return nil
	}
	return &records.WholeRows{
		Proof: records.Checked, CheckedAt: &now, Whole: found.Tables - len(found.Lacking), Statements: firstStatements(found.Statements),
	}
}

// noteWholeRows keeps in the state what a check of this run has found.
func (s *jobState) noteWholeRows(doc *Document, judged []taskVerdict) {
	tables := followedTables(judged)
	if doc.WholeRows == nil || len(tables) == 0 {
		return
	}
	checked := *doc.WholeRows
	checked.Tables, checked.TablesHash = len(tables), hashTables(tables)
	checked.Text = fmt.Sprintf("the check found that the redo log has all columns of %d of %d tables", checked.Whole, checked.Tables)
	if checked.Whole < checked.Tables {
		checked.Text += ": updates of the others arrive without the columns that they did not change"
	}
	s.WholeRows = &checked
}

// wholeRows returns what the record of this run says about the rows of updates. It is nil for a full load, and if the run has no
// task. A check of other tables than those of this run proves nothing.
func (s *jobState) wholeRows(judged []taskVerdict) *records.WholeRows {
	tables := followedTables(judged)
	switch {
	case s.PK == "" || len(tables) == 0:
		return nil
	case s.WholeRows != nil && s.WholeRows.TablesHash == hashTables(tables):
		return s.WholeRows
	}
	return &records.WholeRows{
		Proof: records.NotChecked, Tables: len(tables), Statements: firstStatements(oracle.WholeRowStatements(tables)),
		Text: fmt.Sprintf("not checked: the job relies on supplemental logging of all columns of %d tables", len(tables)),
	}
}

// followedTables returns the tables that the run's task follows.
func followedTables(judged []taskVerdict) (tables []oracle.Table) {
	if len(judged) == 0 {
		return nil
	}
	for _, t := range judged[0].verdict.Tables {
		tables = append(tables, oracle.Table{Schema: t.Schema, Name: t.Name})
	}
	return tables
}

// hashTables identifies a list of tables, in any order.
func hashTables(tables []oracle.Table) string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.String()
	}
	slices.Sort(names)
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", names))
	return hex.EncodeToString(sum[:8])
}

func firstStatements(all []string) []string { return all[:min(len(all), maxRecordedStatements)] }
