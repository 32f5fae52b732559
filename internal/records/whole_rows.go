package records

import "time"

// WholeRows says what a job that follows changes relies on, and how far that is proved: the redo log must have the whole row of
// every update, which needs supplemental logging of all columns. Otherwise the columns that an update did not change are null
// in the lake, and DMS does not report it.
type WholeRows struct {
	Proof string `dynamodbav:"proof" json:"proof"` // one of the constants below
	// CheckedAt is when the check read the logging of the tables; nil without a check. A DBA can change it later.
	CheckedAt *time.Time `dynamodbav:"checkedAt,omitempty" json:"checkedAt,omitempty"`
	Tables    int        `dynamodbav:"tables" json:"tables"` // the tables of the job
	Whole     int        `dynamodbav:"whole" json:"whole"`   // those for which the check found logging of all columns
	// Statements are the first statements that the job needs at its source: without a check all of them, otherwise those
	// whose effect the check did not find.
	Statements []string `dynamodbav:"statements,omitempty" json:"statements,omitempty"`
	Text       string   `dynamodbav:"text" json:"text"` // for people
	// TablesHash identifies the tables that were checked.
	TablesHash string `dynamodbav:"tablesHash,omitempty" json:"-"`
}

// The proofs of WholeRows.
const (
	NotChecked = "none"    // nobody looked
	Checked    = "checked" // the database check looked at CheckedAt
)
