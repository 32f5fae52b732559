package manifest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
)

// TestMappings compares the rules of one task, each on one line, in DMS's JSON without ids and names.
func TestMappings(t *testing.T) {
	const selectA = `selection explicit {"schema-name":"S","table-name":"A"}`
	a := func(change func(*department.Table)) []department.Table {
		t := department.Table{Schema: "S", Name: "A"}
		change(&t)
		return []department.Table{t}
	}
	const includeA = `selection include {"schema-name":"S","table-name":"A"} filters `
	where := func(filters ...department.Filter) []department.Table {
		return a(func(t *department.Table) { t.Filters = filters })
	}
	cases := []struct {
		name   string
		tables []department.Table
		want   []string
	}{
		{"plain", a(func(*department.Table) {}), []string{selectA}},
		{"characters of Oracle names", tables("S$", "A_B", "C$D", "E#F"), []string{
			`selection explicit {"schema-name":"S$","table-name":"A_B"}`,
			`selection explicit {"schema-name":"S$","table-name":"C$D"}`,
			`selection explicit {"schema-name":"S$","table-name":"E#F"}`,
		}},
		{"one condition", where(department.Filter{Column: "C", Operator: "gte", Value: "1995-01-01"}), []string{
			includeA + `[{"filter-type":"source","column-name":"C","filter-conditions":` +
				`[{"filter-operator":"gte","value":"1995-01-01"}]}]`,
		}},
		{"any of one column", where(
			department.Filter{Column: "C", Operator: "lte", Value: "10"},
			department.Filter{Column: "C", Operator: "between", From: "50", To: "75"},
			department.Filter{Column: "C", Operator: "null"}), []string{
			includeA + `[{"filter-type":"source","column-name":"C","filter-conditions":` +
				`[{"filter-operator":"lte","value":"10"},` +
				`{"filter-operator":"between","start-value":"50","end-value":"75"},{"filter-operator":"null"}]}]`,
		}},
		{"all of several columns", where(
			department.Filter{Column: "C", Operator: "noteq", Value: "1"},
			department.Filter{Column: "D", Operator: "notbetween", From: "1", To: "2"},
			department.Filter{Column: "E", Operator: "notnull"}), []string{
			includeA + `[{"filter-type":"source","column-name":"C","filter-conditions":` +
				`[{"filter-operator":"noteq","value":"1"}]},` +
				`{"filter-type":"source","column-name":"D","filter-conditions":` +
				`[{"filter-operator":"notbetween","start-value":"1","end-value":"2"}]},` +
				`{"filter-type":"source","column-name":"E","filter-conditions":[{"filter-operator":"notnull"}]}]`,
		}},
		{"values are data", where(department.Filter{Column: "C", Operator: "eq", Value: `<"O'Hara" & co>`}), []string{
			includeA + `[{"filter-type":"source","column-name":"C","filter-conditions":` +
				`[{"filter-operator":"eq","value":"<\"O'Hara\" & co>"}]}]`,
		}},
		{"exclude", a(func(t *department.Table) { t.Exclude = []string{"C", "D_E"} }), []string{
			selectA,
			`transformation remove-column column {"schema-name":"S","table-name":"A","column-name":"C"}`,
			`transformation remove-column column {"schema-name":"S","table-name":"A","column-name":"D_E"}`,
		}},
		{"rename", a(func(t *department.Table) { t.Rename = department.Rename{Schema: "X", Table: "Y"} }), []string{
			selectA,
			`transformation rename schema {"schema-name":"S"} value "X"`,
			`transformation rename table {"schema-name":"S","table-name":"A"} value "Y"`,
		}},
		{"rename to the same", a(func(t *department.Table) {
			t.Rename = department.Rename{Schema: "S", Table: "A"}
		}), []string{selectA}},
		{"partitions", a(func(t *department.Table) {
			t.Parallel = &department.Parallel{Type: "partitions-auto", Columns: []string{"C"}}
		}), []string{
			selectA,
			`table-settings {"schema-name":"S","table-name":"A"} parallel-load {"type":"partitions-auto"}`,
		}},
		{"listed partitions", a(func(t *department.Table) {
			t.Parallel = &department.Parallel{Type: "partitions-list", Partitions: []string{"P1", "P2"}}
		}), []string{
			selectA,
			`table-settings {"schema-name":"S","table-name":"A"} parallel-load ` +
				`{"type":"partitions-list","partitions":["P1","P2"]}`,
		}},
		{"ranges", a(func(t *department.Table) {
			t.Parallel = &department.Parallel{Type: "ranges", Columns: []string{"C"}, Boundaries: [][]string{{"1"}, {"2"}}}
		}), []string{
			selectA,
			`table-settings {"schema-name":"S","table-name":"A"} parallel-load {"type":"ranges","columns":["C"],` +
				`"boundaries":[["1"],["2"]]}`,
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, describe(t, mappingsOf(job("j"), c.tables, 32))); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
		})
	}
}

// A table with filters is included by its plain name, and its lookalikes are excluded.
func TestFilteredTableWithUnderscores(t *testing.T) {
	table := department.Table{
		Schema: "S_1", Name: "A_B",
		Filters: []department.Filter{{Column: "C", Operator: "null"}},
	}
	want := []string{
		`selection include {"schema-name":"S_1","table-name":"A_B"} filters ` +
			`[{"filter-type":"source","column-name":"C","filter-conditions":[{"filter-operator":"null"}]}]`,
		`selection exclude {"schema-name":"S[A-Z]1","table-name":"A_B"}`,
		`selection exclude {"schema-name":"S[0-9]1","table-name":"A_B"}`,
		`selection exclude {"schema-name":"S[$#]1","table-name":"A_B"}`,
		`selection exclude {"schema-name":"S_1","table-name":"A[A-Z]B"}`,
		`selection exclude {"schema-name":"S_1","table-name":"A[0-9]B"}`,
		`selection exclude {"schema-name":"S_1","table-name":"A[$#]B"}`,
	}
	if diff := cmp.Diff(want, describe(t, mappingsOf(job("j"), []department.Table{table}, 32))); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

// A job that follows changes has rules that add the headers of each change to all tables of the task.
func TestChangesCarryTheirHeaders(t *testing.T) {
	for kind, want := range map[department.Type][]string{
		department.FullLoad: nil,
		department.CDC: {
			`transformation add-column column {"schema-name":"%","table-name":"%"} value "ORALAKE_SCN" ` +
				`expression $AR_H_STREAM_POSITION string(50)`,
			`transformation add-column column {"schema-name":"%","table-name":"%"} value "ORALAKE_SEQ" ` +
				`expression $AR_H_CHANGE_SEQ string(50)`,
		},
	} {
		j := job("j", tables("S", "A")...)
		j.Type = kind
		want = append([]string{`selection explicit {"schema-name":"S","table-name":"A"}`}, want...)
		if diff := cmp.Diff(want, describe(t, mappingsOf(j, j.Tables, 32))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
}

// The task's LOB limit is the largest of its tables. Each table with another limit has its own rule.
func TestLOBLimits(t *testing.T) {
	ts := tables("S", "A", "B", "C")
	ts[1].LOBMaxKB, ts[2].LOBMaxKB = 64, 16
	m := compile(t, &department.Department{Name: "d", Jobs: []department.Job{job("j", ts...)}})
	task := m.Jobs[0].Tasks[0]
	var s settings
	if err := json.Unmarshal(task.Settings, &s); err != nil {
		t.Fatal(err)
	}
	if got, want := s.TargetMetadata.LobMaxSize, 64; got != want {
		t.Errorf("LobMaxSize %d, want %d", got, want)
	}
	var rules mappings
	if err := json.Unmarshal(task.Mappings, &rules); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range rules.Rules {
		if r.LOBSettings != nil {
			got[r.Locator.Table] = r.LOBSettings.Mode + " " + r.LOBSettings.BulkMaxSize
		}
	}
	want := map[string]string{"A": "limited 32", "C": "limited 16"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lob-settings (-want +got):\n%s", diff)
	}
}

func TestPrepMode(t *testing.T) {
	want := map[department.Type]string{
		department.FullLoad: "DROP_AND_CREATE", department.CDC: "DO_NOTHING", department.FullLoadAndCDC: "DROP_AND_CREATE",
	}
	for kind, want := range want {
		j := job("j")
		j.Type = kind
		s := settingsOf(j, 32, 45)
		if got := s.FullLoadSettings.TargetTablePrepMode; got != want {
			t.Errorf("%s: TargetTablePrepMode %s, want %s", kind, got, want)
		}
		if got, want := s.FullLoadSettings.TransactionConsistencyTimeout, 45*60; got != want {
			t.Errorf("%s: TransactionConsistencyTimeout %d seconds, want %d", kind, got, want)
		}
		if got, want := s.ErrorBehavior.FailOnTransactionConsistencyBreached, kind.Continuous(); got != want {
			t.Errorf("%s: FailOnTransactionConsistencyBreached %v, want %v", kind, got, want)
		}
	}
}

// describe writes each rule as a line: its type, its locator and its other elements.
func describe(t *testing.T, m mappings) []string {
	t.Helper()
	text := func(v any) string {
		b, err := encode(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var lines []string
	for _, r := range m.Rules {
		words := []string{r.Type}
		for _, w := range []string{r.Action, r.Target} {
			if w != "" {
				words = append(words, w)
			}
		}
		words = append(words, text(r.Locator))
		if r.Value != "" {
			words = append(words, "value", text(r.Value))
		}
		if r.Expression != "" {
			words = append(words, "expression", r.Expression, fmt.Sprintf("%s(%d)", r.DataType.Type, r.DataType.Length))
		}
		if r.Filters != nil {
			words = append(words, "filters", text(r.Filters))
		}
		if r.ParallelLoad != nil {
			words = append(words, "parallel-load", text(r.ParallelLoad))
		}
		if r.LOBSettings != nil {
			words = append(words, "lob-settings", text(r.LOBSettings))
		}
		lines = append(lines, strings.Join(words, " "))
	}
	return lines
}
