package oracle

import (
	"cmp"
	"slices"
)

// Severity says what a finding means for a run.
type Severity string

// The severities.
const (
	// Failed means that the job fails, or loses or spoils data. A file with "check: require" stops the run.
	Failed Severity = "failed"
	// Warning means that some data is not loaded, that the job is slow, or that the job may fail later.
	Warning Severity = "warning"
	// Note is information. It needs no action.
	Note Severity = "note"
)

// Finding is a problem, or other information, about the database, a table or a column.
type Finding struct {
	// Assessment is the name of DMS's premigration assessment for the same problem (CHAP_Tasks.AssessmentReport.Oracle,
	// "API key"). If DMS has none, the name begins with oralake-.
	Assessment string   `json:"assessment"`
	Severity   Severity `json:"severity"`
	Table      string   `json:"table,omitempty"`  // SCHEMA.TABLE
	Column     string   `json:"column,omitempty"` // of the table
	Text       string   `json:"text"`             // what is wrong, and what follows from it
	Fix        string   `json:"fix,omitempty"`    // the statement to run, or the setting of the department's file
}

// Report is the result of a check.
type Report struct {
	Findings []Finding  `json:"findings"`
	Parallel []Parallel `json:"parallel,omitempty"` // a plan for each table that needs one
	LOBs     []LOBSize  `json:"lobs,omitempty"`     // for tables with LOBs
	// WholeRows is nil for a job that does not follow changes, and if the supplemental logging is not known.
	WholeRows *WholeRows `json:"wholeRows,omitempty"`
	Database  Database   `json:"database"`
	Queries   int        `json:"queries"` // the number of statements
	Seconds   float64    `json:"seconds"` // the time of the check
}

// Database describes the database. A field that the check could not read is empty.
type Database struct {
	Version   string `json:"version,omitempty"` // such as 19.0.0.0.0
	User      string `json:"user,omitempty"`    // the user of the session
	Container string `json:"container,omitempty"`
	RDS       bool   `json:"rds,omitempty"` // Amazon RDS: fixes are calls of rdsadmin
	SCN       int64  `json:"scn,omitempty"` // the system change number at the time of the check
	// StartSCN is the SCN at which CDC must start to include all transactions that were open: the smaller of SCN and the
	// SCN of the oldest open transaction. It is 0 for a job without CDC, or if it is not known, as at a standby.
	StartSCN int64 `json:"startSCN,omitempty"`
}

// Count returns the number of findings of a severity.
func (r Report) Count(s Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// Ready reports whether no finding fails the job.
func (r Report) Ready() bool { return r.Count(Failed) == 0 }

func (r *Report) add(f Finding) { r.Findings = append(r.Findings, f) }

// sort sorts the findings by severity, the worst first. Within a severity, findings about the whole database come first,
// and then the tables by name.
func (r *Report) sort() {
	order := []Severity{Failed, Warning, Note}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.Severity), slices.Index(order, b.Severity)),
			cmp.Compare(a.Table, b.Table),
			cmp.Compare(a.Assessment, b.Assessment),
			cmp.Compare(a.Column, b.Column),
		)
	})
}
