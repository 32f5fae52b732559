package mapping_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/test/aws/dms/mapping"
	"github.com/oralake/oralake/test/oracledb"
)

// like reports whether a name matches a pattern with the wildcards % and _. It is slow and simple, to check the fast code.
func like(pattern, name string) bool {
	switch {
	case pattern == "":
		return name == ""
	case pattern[0] == '%':
		return like(pattern[1:], name) || name != "" && like(pattern, name[1:])
	default:
		return name != "" && (pattern[0] == '_' || pattern[0] == name[0]) && like(pattern[1:], name[1:])
	}
}

// TestEveryRuleIsFound checks that each table gets the rules that match it, for any mix of names and patterns. The
// expected result compares every rule with every table.
func TestEveryRuleIsFound(t *testing.T) {
	names := rapid.SampledFrom([]string{"A", "AB", "A_", "AAB"})
	patterns := rapid.SampledFrom([]string{"A", "AB", "A_", "_", "%", "%B", "A%B", "AAB"})
	type rule struct{ Action, Schema, Table string }
	rapid.Check(t, func(t *rapid.T) {
		var rules []rule
		var document []string
		add := func(kind, action, schema, table, more string) {
			n := len(document) + 1
			document = append(document, fmt.Sprintf(`{"rule-id":"%d","rule-name":"%[1]d","rule-type":%q,"rule-action":%q,
				"object-locator":{"schema-name":%q,"table-name":%q}%s}`, n, kind, action, schema, table, more))
		}
		for range rapid.IntRange(1, 6).Draw(t, "selections") {
			r := rule{
				rapid.SampledFrom([]string{"include", "exclude", "explicit"}).Draw(t, "action"),
				patterns.Draw(t, "schema"), patterns.Draw(t, "table"),
			}
			rules = append(rules, r)
			add("selection", r.Action, r.Schema, r.Table, "")
		}
		var renames []rule
		for i := range rapid.IntRange(0, 4).Draw(t, "renames") {
			r := rule{fmt.Sprint(i), patterns.Draw(t, "schema"), patterns.Draw(t, "table")}
			renames = append(renames, r)
			add("transformation", "rename", r.Schema, r.Table, fmt.Sprintf(`,"rule-target":"table","value":%q`, r.Action))
		}
		m, err := mapping.Parse(`{"rules":[` + strings.Join(document, ",") + `]}`)
		if err != nil {
			t.Fatal(err)
		}
		var tables []oracledb.Table
		for range rapid.IntRange(0, 8).Draw(t, "tables") {
			table := oracledb.Table{Schema: names.Draw(t, "schema"), Name: names.Draw(t, "table")}
			if !slices.Contains(tables, table) {
				tables = append(tables, table)
			}
		}
		want := map[oracledb.Table]bool{} // true when the table is missing
		selected := func(table oracledb.Table) bool {
			included := false
			for _, r := range rules {
				matches := like(r.Schema, table.Schema) && like(r.Table, table.Name)
				if r.Action == "explicit" {
					matches = r.Schema == table.Schema && r.Table == table.Name
				}
				if matches && r.Action == "exclude" {
					return false
				}
				included = included || matches
			}
			return included
		}
		for _, table := range tables {
			if selected(table) {
				want[table] = false
			}
		}
		for _, r := range rules {
			table := oracledb.Table{Schema: r.Schema, Name: r.Table}
			if r.Action == "explicit" && !slices.Contains(tables, table) && selected(table) {
				want[table] = true
			}
		}
		got := map[oracledb.Table]bool{}
		for _, s := range m.Select(tables, nil) {
			got[s.Table] = s.Missing
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("selected tables, with true for a missing table (-got +want):\n%s", diff)
		}
		for _, table := range tables {
			as := table.Name
			for _, r := range renames {
				if like(r.Schema, table.Schema) && like(r.Table, table.Name) {
					as = r.Action
				}
			}
			target, err := m.Target(table, []oracledb.Column{{Name: "C"}})
			if err != nil {
				t.Fatal(err)
			}
			if target.Table != as {
				t.Errorf("%s is renamed to %s, want %s", table, target.Table, as)
			}
		}
	})
}

// BenchmarkRules selects and maps the tables of a task that has as many rules as tables. The time must not grow with the
// square of their number.
func BenchmarkRules(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var document []string
			var tables []oracledb.Table
			for i := range n {
				name := fmt.Sprintf("T%05d", i)
				tables = append(tables, oracledb.Table{Schema: "S", Name: name})
				for j, rule := range []string{
					`"rule-type":"selection","rule-action":"explicit"`,
					`"rule-type":"transformation","rule-action":"rename","rule-target":"table","value":"X"`,
					`"rule-type":"table-settings","parallel-load":{"type":"none"}`,
				} {
					document = append(document, fmt.Sprintf(`{"rule-id":"%d","rule-name":"%[1]d",%s,
						"object-locator":{"schema-name":"S","table-name":%q}}`, 3*i+j+1, rule, name))
				}
			}
			all := `{"rules":[` + strings.Join(document, ",") + `]}`
			columns := []oracledb.Column{{Name: "C"}}
			for b.Loop() {
				m, err := mapping.Parse(all)
				if err != nil {
					b.Fatal(err)
				}
				for _, s := range m.Select(tables, nil) {
					if _, err := m.Target(s.Table, columns); err != nil {
						b.Fatal(err)
					}
					m.Settings(s.Table)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/table")
		})
	}
}
