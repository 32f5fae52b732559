package oracle

import "slices"

// WholeRows says for how many tables the redo log has the whole row of every update. An S3 target needs that: otherwise the
// columns that an update did not change are null in the lake.
type WholeRows struct {
	Tables  int      `json:"tables"`            // the tables of the check
	Lacking []string `json:"lacking,omitempty"` // tables (SCHEMA.TABLE) of whose updates the redo log lacks columns
	// Statements add what is lacking.
	Statements []string `json:"statements,omitempty"`
}

// WholeRowStatements returns the statements with which a DBA makes the redo log have the whole row of every update of tables.
// They are for a database that is not on Amazon RDS.
func WholeRowStatements(tables []Table) []string {
	statements := []string{fixes{}.supplementalLogging()}
	for _, t := range tables {
		statements = append(statements, allColumns(t))
	}
	return statements
}

// noteWholeRows adds the result for a table to the report.
func (c *checker) noteWholeRows(t Table, whole bool) {
	w := c.report.WholeRows
	if w == nil {
		w = &WholeRows{}
		if !c.minimalLogging() {
			w.Statements = append(w.Statements, c.fixes.supplementalLogging())
		}
		c.report.WholeRows = w
	}
	w.Tables++
	if !whole {
		w.Statements = append(w.Statements, allColumns(t))
	}
	if !whole || !c.minimalLogging() {
		w.Lacking = append(w.Lacking, t.String())
	}
}

// minimalLogging reports whether the database has minimal supplemental logging. Without it, that of a table has no effect.
func (c *checker) minimalLogging() bool {
	return c.known.minimal == "YES" || c.known.minimal == "IMPLICIT"
}

// logsAllColumns reports whether the redo log has all columns of a table, whatever an update changes.
func (c *checker) logsAllColumns(d *tableInfo) bool {
	return c.known.all == "YES" || slices.Contains(d.logGroups, "ALL COLUMN LOGGING")
}
