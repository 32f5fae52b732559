package live

import (
	"fmt"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/oracle"
)

// rows are the rows of the suite that ask what only several statements answer.
var rows = map[string]func(Database, *testing.T){
	"check with LogMiner":       func(d Database, t *testing.T) { d.check(t, oracle.LogMiner) },
	"check with Binary Reader":  func(d Database, t *testing.T) { d.check(t, oracle.BinaryReader) },
	"check without privileges":  Database.checkUnprivileged,
	"archived redo":             Database.archivedRedo,
	"counts":                    Database.counts,
	"ranges of numbers":         func(d Database, t *testing.T) { d.ranges(t, Numbers, numberLiteral) },
	"ranges of dates":           func(d Database, t *testing.T) { d.ranges(t, Dates, "TO_DATE('%s', 'YYYY-MM-DD HH24:MI:SS')") },
	"ranges of timestamps":      func(d Database, t *testing.T) { d.ranges(t, Timestamps, "TO_TIMESTAMP('%s', 'YYYY-MM-DD HH24:MI:SS')") },
	"ranges of text":            func(d Database, t *testing.T) { d.ranges(t, Texts, "'%s'") },
	"partitions that are named": Database.partitions,
}

const numberLiteral = "TO_NUMBER('%s', '999999D99', 'NLS_NUMERIC_CHARACTERS=''.,''')"

// smallTables makes a check split the tables of the suite.
var smallTables = oracle.Planning{LargeBytes: 1, SegmentBytes: 1 << 16, MaxSegments: 8}

// check checks a table as for a job that follows changes. Every statement succeeds.
func (d Database) check(t *testing.T, capture string) {
	table := d.table(Everything)
	table.Parallel = true
	report := oracle.Check(t.Context(), d.Reader, []oracle.Table{table}, oracle.Needs{
		FullLoad: true, CDC: true, Counts: true, Capture: capture, Planning: smallTables,
	})
	t.Logf("%d statements in %.1f s, %+v", report.Queries, report.Seconds, report.Database)
	for _, f := range report.Findings {
		t.Logf("%s %s: %s (%s)", f.Severity, f.Assessment, f.Text, f.Fix)
		if f.Assessment == "oralake-not-checked" || f.Assessment == "oralake-connection" {
			t.Errorf("a statement failed: %s", f.Text)
		}
	}
	if len(report.LOBs) != 1 || report.LOBs[0].LongestBytes != 12 {
		t.Errorf("LOBs %+v, want 12 bytes: three times four characters", report.LOBs)
	}
	if report.Database.SCN <= 0 || report.Database.User == "" {
		t.Errorf("database %+v, want its SCN and the user", report.Database)
	}
}

// checkUnprivileged checks with a user who lacks every grant of the DMS guide: the check says which, and what Oracle refuses costs
// no other finding.
func (d Database) checkUnprivileged(t *testing.T) {
	report := oracle.Check(t.Context(), d.Owner, []oracle.Table{d.table(Everything)},
		oracle.Needs{FullLoad: true, CDC: true, Capture: oracle.BinaryReader})
	grants := 0
	for _, f := range report.Findings {
		t.Logf("%s %s: %s (%s)", f.Severity, f.Assessment, f.Text, f.Fix)
		if f.Assessment == "oralake-not-checked" {
			t.Errorf("a statement failed for another reason than a grant: %s", f.Text)
		}
		if strings.HasPrefix(f.Fix, "GRANT ") {
			grants++
		}
	}
	if grants < 10 {
		t.Errorf("%d grants are missing, want at least 10", grants)
	}
	if len(report.LOBs) != 1 || report.LOBs[0].LongestBytes != 12 {
		t.Errorf("LOBs %+v, want 12 bytes: the user may read its own table", report.LOBs)
	}
}

// partitions compares the partitions that a file names with those of the table.
func (d Database) partitions(t *testing.T) {
	table := d.table(Parts)
	table.Partitions = []string{"P1", "P3"}
	found := map[string]bool{}
	for _, f := range oracle.Check(t.Context(), d.Reader, []oracle.Table{table}, oracle.Needs{FullLoad: true}).Findings {
		found[f.Assessment] = true
	}
	if !found["oralake-no-such-partition"] || !found["oralake-partitions-left-out"] {
		t.Errorf("findings %v, want that P3 does not exist and P2 is left out", found)
	}
}

// archivedRedo asks what every run of a job that follows changes asks. Without a grant the answer names the grant.
func (d Database) archivedRedo(t *testing.T) {
	found := oracle.ReadArchivedRedo(t.Context(), d.Reader, oracle.RedoLog{}, nil)
	t.Logf("%+v", found)
	if found.TransactionHours == nil && !strings.Contains(found.TransactionProblem, "standby") {
		t.Errorf("the open transactions are not known: %s", found.TransactionProblem)
	}
	if found.LogHours == nil && strings.Contains(found.Problem, "ORA-") {
		t.Errorf("the archived logs are not known: %s", found.Problem)
	}
	denied := oracle.ReadArchivedRedo(t.Context(), d.Owner, oracle.RedoLog{}, nil)
	if !strings.Contains(denied.Problem, "may not read V_$ARCHIVED_LOG") {
		t.Errorf("without a grant: %+v, want which one is missing", denied)
	}
}

// counts counts rows as of an SCN, with filters, and asks for changed rows.
func (d Database) counts(t *testing.T) {
	scn, err := oracle.CurrentSCN(t.Context(), d.Reader)
	if err != nil {
		t.Fatal(err)
	}
	with := func(f oracle.Filter) oracle.Table {
		table := d.table(Everything)
		table.Filters = []oracle.Filter{f}
		return table
	}
	proofs := oracle.Verify(t.Context(), d.Reader, []oracle.LoadedTable{
		{Table: d.table(Everything), Loaded: Rows},
		{Table: with(oracle.Filter{Column: "ID", Operator: "between", From: "10", To: "20"}), Loaded: 11},
		{Table: with(oracle.Filter{Column: "AT", Operator: "eq", Value: "2020-01-02"}), Loaded: 1},
		{Table: with(oracle.Filter{Column: "CODE", Operator: "eq", Value: "AB"}), Loaded: Codes},
		{Table: d.table(Everything), Loaded: Rows - 1},
	}, scn, oracle.Needs{})
	for i, p := range proofs {
		t.Logf("%+v", p)
		if equal := p.Status == oracle.Equal; equal != (i < 4) {
			t.Errorf("table %d: %s (%s)", i, p.Status, p.Why)
		}
	}
	if last := proofs[4]; last.Status != oracle.Differing {
		t.Errorf("a row too few: %s (%s), want %s", last.Status, last.Why, oracle.Differing)
	}
}

// ranges plans the load of a table, and counts the rows of each range: every row is in exactly one, and no range is too large.
// literal is the SQL of a bound.
func (d Database) ranges(t *testing.T, name, literal string) {
	table := d.table(name)
	table.Parallel = true
	report := oracle.Check(t.Context(), d.Reader, []oracle.Table{table}, oracle.Needs{FullLoad: true, Planning: smallTables})
	if len(report.Parallel) != 1 || report.Parallel[0].Type != oracle.Ranges {
		t.Fatalf("plan %+v, want ranges; findings %+v", report.Parallel, report.Findings)
	}
	plan := report.Parallel[0]
	t.Logf("%+v", plan)
	sum, largest := 0, 0
	for i := range len(plan.Boundaries) + 1 {
		conditions := []string{"K IS NOT NULL"}
		if i > 0 {
			conditions = append(conditions, "K > "+fmt.Sprintf(literal, plan.Boundaries[i-1][0]))
		}
		if i < len(plan.Boundaries) {
			conditions = append(conditions, "K <= "+fmt.Sprintf(literal, plan.Boundaries[i][0]))
		}
		var n int
		query := fmt.Sprintf(`SELECT COUNT(*) FROM "%s"."%s" WHERE %s`, d.Schema, name, strings.Join(conditions, " AND "))
		if err := d.Reader.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		sum, largest = sum+n, max(largest, n)
	}
	if mean := Rows / (len(plan.Boundaries) + 1); sum != Rows || largest > 2*mean {
		t.Errorf("%d rows in the ranges, the largest %d; want %d, and at most twice the mean of %d", sum, largest, Rows, mean)
	}
}
