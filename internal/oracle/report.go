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
	// Warning means that something stays behind, slows the job down, or may fail it later.
	Warning Severity = "warning"
	// Note is worth knowing.
	Note Severity = "note"
)

// Finding is something that is not as the job needs it.
type Finding struct {
	// Assessment is the name of DMS's own premigration assessment for the same matter
	// (CHAP_Tasks.AssessmentReport.Oracle, "API key"), and begins with oralake- where DMS has none.
	Assessment string   `json:"assessment"`
	Severity   Severity `json:"severity"`
	Table      string   `json:"table,omitempty"`  // SCHEMA.TABLE
	Column     string   `json:"column,omitempty"` // of the table
	Text       string   `json:"text"`             // what is wrong, and what comes of it
	Fix        string   `json:"fix,omitempty"`    // the statement to run, or the setting of the department's file
}

// Report is what a check found.
type Report struct {
	Findings []Finding  `json:"findings"`
	Parallel []Parallel `json:"parallel,omitempty"` // of the tables that ask for a plan
	LOBs     []LOBSize  `json:"lobs,omitempty"`     // of the tables with LOBs
	Database Database   `json:"database"`
	Queries  int        `json:"queries"` // how many statements were run
	Seconds  float64    `json:"seconds"`
}

// Database is what the check learned of the database. What it could not learn is empty.
type Database struct {
	Version   string `json:"version,omitempty"` // such as 19.0.0.0.0
	User      string `json:"user,omitempty"`    // the user of the session
	Container string `json:"container,omitempty"`
	RDS       bool   `json:"rds,omitempty"` // Amazon RDS: fixes are calls of rdsadmin
	SCN       int64  `json:"scn,omitempty"` // the current one, when the check was made
	// StartSCN is where CDC must begin to miss nothing of the transactions that were open: the smaller of SCN and the
	// oldest open transaction's. 0 if not asked for or not known.
	StartSCN int64 `json:"startSCN,omitempty"`
}

// Count is the number of findings of a severity.
func (r Report) Count(s Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// Ready says that nothing was found that fails the job.
func (r Report) Ready() bool { return r.Count(Failed) == 0 }

func (r *Report) add(f Finding) { r.Findings = append(r.Findings, f) }

// sort puts the worst first, and within a severity what concerns the whole database, then table by table.
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
