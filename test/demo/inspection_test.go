package demo

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/test/aws/dms/mapping"
	"github.com/oralake/oralake/test/oracledb"
)

// sampleWorld returns a World that has only the sample database, at scale 0.001, and its secrets.
func sampleWorld(t *testing.T) *World {
	t.Helper()
	w := &World{sources: &oracledb.Registry{}, scale: 0.001, database: sample(t)}
	w.sources.Add(sampleOracle, w.database)
	if err := w.logChanges(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// check checks the database for a job.
func check(t *testing.T, w *World, r checkservice.Request) checkservice.Answer {
	t.Helper()
	secret, err := json.Marshal(sampleOracle)
	if err != nil {
		t.Fatal(err)
	}
	inspector, err := w.connect(string(secret), sampleOracle.Service, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := inspector.Answer(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if err := inspector.DB.Close(); err != nil {
		t.Error(err)
	}
	return answer
}

// On the sample database, the real check finds the missing supplemental logging, and its fix works.
func TestUnreadyTableIsFoundAndFixed(t *testing.T) {
	w := sampleWorld(t)
	follow := checkservice.Request{CDC: true, FullLoad: true, Capture: oracle.BinaryReader}
	for _, name := range []string{"CUSTOMER", "ORDERS", "NATION"} {
		follow.Tables = append(follow.Tables, checkservice.Table{Schema: "SALES", Name: name})
	}
	short := func(a checkservice.Answer) (all []string) {
		for _, f := range a.Findings {
			all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s", f.Severity, f.Assessment, f.Table)))
		}
		return all
	}
	before := check(t, w, follow)
	want := []string{"failed oracle-validate-supplemental-logging-for-pk SALES.CUSTOMER"}
	if diff := cmp.Diff(want, short(before)); diff != "" {
		t.Fatalf("findings (-want +got):\n%s", diff)
	}
	if before.Queries == 0 || before.Queries > 15 {
		t.Errorf("%d queries were made, want at most 15", before.Queries)
	}
	if err := w.sqlplus(t.Context(), before.Findings[0].Fix); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string(nil), short(check(t, w, follow))); diff != "" {
		t.Errorf("findings after the fix (-want +got):\n%s", diff)
	}
}

func TestWrongPasswordIsAFinding(t *testing.T) {
	w := sampleWorld(t)
	const secret = `{"username":"DMS_USER","password":"tiger","host":"oracle.example.internal","port":1521}`
	inspector, err := w.connect(secret, "ORCLPDB1", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := inspector.Answer(t.Context(), checkservice.Request{
		FullLoad: true, Tables: []checkservice.Table{{Schema: "SALES", Name: "NATION"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.Findings) != 1 || !strings.Contains(answer.Findings[0].Text, "refuses the user or the password") {
		t.Errorf("got %+v, want the finding that the password is wrong", answer.Findings)
	}
}

// With the planned ranges of a table, the embedded DMS reads every row once, and each range has the planned number of rows.
func TestPlannedRangesHaveEveryRowOnce(t *testing.T) {
	w := sampleWorld(t)
	answer := check(t, w, checkservice.Request{FullLoad: true, Tables: []checkservice.Table{
		{Schema: "SALES", Name: "LINEITEM", Parallel: true}, {Schema: "SALES", Name: "NATION", Parallel: true},
	}})
	if len(answer.Parallel) != 2 {
		t.Fatalf("got %+v, want two plans", answer.Parallel)
	}
	if p := answer.Parallel[1]; p.Type != oracle.None {
		t.Errorf("got %+v, want NATION read whole", p)
	}
	plan := answer.Parallel[0]
	if !slices.Equal(plan.Columns, []string{"L_ORDERKEY"}) || len(plan.Boundaries) < 2 {
		t.Fatalf("got %+v, want LINEITEM in at least three ranges of L_ORDERKEY", plan)
	}
	wantEveryRowOnce(t, w.database, oracledb.Table{Schema: "SALES", Name: "LINEITEM"}, plan)
}

// The same holds for keys of every type that is split: negative numbers, fractions, dates, times, text, and keys with many
// rows for one value.
func TestPlannedRangesOfEveryKind(t *testing.T) {
	keys := map[string]struct{ kind, value string }{
		"WHOLE":    {"NUMBER(10)", "n * 7 - 900"},
		"FRACTION": {"NUMBER", "n * 0.375 - 50"},
		"DAY":      {"DATE", "date('1999-12-01', n || ' days')"},
		"MOMENT":   {`"TIMESTAMP(6)"`, "datetime('1999-12-31 23:59:00', n || ' minutes')"},
		"WORD":     {"VARCHAR2(20)", "printf('%c%d', 65 + n % 57, n)"},
		"SKEWED":   {"NUMBER(10)", "max(n, 120)"},
	}
	dir := t.TempDir()
	var script strings.Builder
	request := checkservice.Request{FullLoad: true, Planning: &checkservice.Planning{LargeBytes: 1, SegmentBytes: 1024, MaxSegments: 7}}
	for name, key := range keys {
		fmt.Fprintf(&script, `CREATE TABLE %s (K %s NOT NULL, ID NUMBER(10) NOT NULL, PRIMARY KEY (K, ID));
			WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 400) INSERT INTO %s SELECT %s, n FROM c;`,
			name, key.kind, name, key.value)
		request.Tables = append(request.Tables, checkservice.Table{Schema: "HR", Name: name, Parallel: true})
	}
	if err := oracledb.Create(dir, "HR", script.String()); err != nil {
		t.Fatal(err)
	}
	database, err := oracledb.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := &World{sources: &oracledb.Registry{}, scale: 1, database: database}
	w.sources.Add(sampleOracle, database)
	for _, plan := range check(t, w, request).Parallel {
		t.Run(plan.Table, func(t *testing.T) {
			if len(plan.Boundaries) < 2 {
				t.Fatalf("got %+v, want at least three ranges", plan)
			}
			wantEveryRowOnce(t, database, oracledb.Table{Schema: "HR", Name: strings.TrimPrefix(plan.Table, "HR.")}, plan)
		})
	}
	if err := database.Close(); err != nil {
		t.Error(err)
	}
}

// wantEveryRowOnce reads a plan with the embedded DMS and checks the number of rows of each range.
func wantEveryRowOnce(t *testing.T, database *oracledb.Database, table oracledb.Table, plan oracle.Parallel) {
	t.Helper()
	columns, err := database.Columns(t.Context(), table)
	if err != nil {
		t.Fatal(err)
	}
	segments, err := parse(t, table, plan).Settings(table).Segments(columns)
	if err != nil {
		t.Fatal(err)
	}
	var rows []int64
	var sum int64
	for _, segment := range segments {
		n, err := database.CountWhere(t.Context(), table, segment.Where, segment.Args...)
		if err != nil {
			t.Fatal(err)
		}
		rows, sum = append(rows, n), sum+n
	}
	if diff := cmp.Diff(plan.Rows, rows); diff != "" {
		t.Errorf("rows of each range of %v (-planned +read):\n%s", plan.Boundaries, diff)
	}
	all, err := database.Count(t.Context(), table)
	if err != nil || sum != all {
		t.Errorf("the ranges have %d rows, %v, want %d", sum, err, all)
	}
}

// parse parses a plan as table mappings of the embedded DMS.
func parse(t *testing.T, table oracledb.Table, plan oracle.Parallel) *mapping.Mapping {
	t.Helper()
	at := map[string]string{"schema-name": table.Schema, "table-name": table.Name}
	document, err := json.Marshal(map[string]any{"rules": []map[string]any{
		{"rule-type": "selection", "rule-id": "1", "rule-name": "1", "rule-action": "include", "object-locator": at},
		{
			"rule-type": "table-settings", "rule-id": "2", "rule-name": "2", "object-locator": at,
			"parallel-load": map[string]any{"type": plan.Type, "columns": plan.Columns, "boundaries": plan.Boundaries},
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := mapping.Parse(string(document))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
