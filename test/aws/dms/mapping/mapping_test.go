package mapping_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/dms/mapping"
	"github.com/oralake/oralake/test/oracledb"
)

// rules builds a document from rules and adds ids and names.
func rules(all ...string) string {
	numbered := make([]string, len(all))
	for i, r := range all {
		numbered[i] = fmt.Sprintf(`{"rule-id":"%d","rule-name":"rule %d",%s}`, i+1, i+1, r)
	}
	return `{"rules":[` + strings.Join(numbered, ",") + `]}`
}

// selects returns a selection rule for SCHEMA.TABLE.
func selects(action, table string, more ...string) string {
	schema, name, _ := strings.Cut(table, ".")
	return fmt.Sprintf(`"rule-type":"selection","rule-action":%q,"object-locator":{"schema-name":%q,"table-name":%q}%s`,
		action, schema, name, strings.Join(more, ""))
}

// transforms returns a transformation rule for SCHEMA, SCHEMA.TABLE or SCHEMA.TABLE.COLUMN.
func transforms(action, name string, more ...string) string {
	parts := strings.Split(name, ".")
	keys := []string{"schema-name", "table-name", "column-name"}
	locator := map[string]string{}
	for i, p := range parts {
		locator[keys[i]] = p
	}
	b, _ := json.Marshal(locator) // a map of strings is always JSON
	return fmt.Sprintf(`"rule-type":"transformation","rule-action":%q,"rule-target":%q,"object-locator":%s%s`,
		action, []string{"schema", "table", "column"}[len(parts)-1], b, strings.Join(more, ""))
}

func tables(names ...string) []oracledb.Table {
	var all []oracledb.Table
	for _, n := range names {
		schema, table, _ := strings.Cut(n, ".")
		all = append(all, oracledb.Table{Schema: schema, Name: table})
	}
	return all
}

func TestSelect(t *testing.T) {
	exist := tables("HR.EMP", "HR.EMP_OLD", "HR.EMPX", "HR.TAB_A", "HR.TAB_B", "HR.TAB_E", "HR.TABXA", "HR.A-B", "HR.A^B", "HR.emp", "SALES.EMP")
	tests := []struct {
		name  string
		rules []string
		want  string
	}{
		{"percent is any characters, none too", []string{selects("include", "HR.EMP%")}, "HR.EMP HR.EMPX HR.EMP_OLD"},
		{"percent alone", []string{selects("include", "SALES.%")}, "SALES.EMP"},
		{"percent in a schema", []string{selects("include", "%.EMP")}, "HR.EMP SALES.EMP"},
		{"underscore is one character", []string{selects("include", "HR.TAB_A")}, "HR.TABXA HR.TAB_A"},
		{"a bracketed underscore is itself", []string{selects("include", "HR.TAB[_]A")}, "HR.TAB_A"},
		{"a set", []string{selects("include", "HR.TAB[_][AE]")}, "HR.TAB_A HR.TAB_E"},
		{"a range", []string{selects("include", "HR.TAB[_][A-D]")}, "HR.TAB_A HR.TAB_B"},
		{"a hyphen at the edge of a set is itself", []string{selects("include", "HR.A[-^]B")}, "HR.A-B HR.A^B"},
		{"what other patterns use is itself", []string{selects("include", "HR.A^B")}, "HR.A^B"},
		{"case matters", []string{selects("include", "HR.emp")}, "HR.emp"},
		{"exclude wins in any order", []string{selects("exclude", "HR.EMP_OLD"), selects("include", "HR.EMP%")}, "HR.EMP HR.EMPX"},
		{"explicit takes a name literally", []string{selects("explicit", "HR.TAB_A")}, "HR.TAB_A"},
		{"explicit with a percent", []string{selects("explicit", "HR.EMP%")}, "HR.EMP%?"},
		{"explicit and missing", []string{selects("explicit", "HR.GONE"), selects("explicit", "HR.GONE", ""), selects("include", "HR.GONE_TOO")}, "HR.GONE?"},
		{"load order, then names", []string{
			selects("include", "HR.EMP%"), selects("include", "HR.EMPX", `,"load-order":"7"`),
		}, "HR.EMPX HR.EMP HR.EMP_OLD"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := mapping.Parse(rules(test.rules...))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range m.Select(exist, nil) {
				name := s.Table.String()
				if s.Missing {
					name += "?"
				}
				got = append(got, name)
			}
			if diff := cmp.Diff(strings.Join(got, " "), test.want); diff != "" {
				t.Errorf("tables, where ? marks a missing table (-got +want):\n%s", diff)
			}
		})
	}
}

// A rule selects views only if its table-type says so. An explicit rule for a view does not find a table of that name.
func TestViews(t *testing.T) {
	of := func(kind, action, table string) string {
		return strings.Replace(selects(action, table), `"schema-name"`, `"table-type":"`+kind+`","schema-name"`, 1)
	}
	for name, test := range map[string]struct {
		rules []string
		want  string
	}{
		"no table-type":            {[]string{selects("include", "HR.%")}, "HR.EMP"},
		"tables":                   {[]string{of("table", "include", "HR.%")}, "HR.EMP"},
		"views":                    {[]string{of("view", "include", "HR.%")}, "HR.TOTALS"},
		"all":                      {[]string{of("all", "include", "HR.%")}, "HR.EMP HR.TOTALS"},
		"an explicit view":         {[]string{of("view", "explicit", "HR.TOTALS")}, "HR.TOTALS"},
		"a view without its type":  {[]string{selects("explicit", "HR.TOTALS")}, "HR.TOTALS?"},
		"a table with a view type": {[]string{of("view", "explicit", "HR.EMP")}, "HR.EMP?"},
		"an exclusion of tables":   {[]string{of("view", "include", "HR.%"), selects("exclude", "HR.TOTALS")}, "HR.TOTALS"},
		"an exclusion of views":    {[]string{of("all", "include", "HR.%"), of("view", "exclude", "HR.%")}, "HR.EMP"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := mapping.Parse(rules(test.rules...))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range m.Select([]oracledb.Table{{Schema: "HR", Name: "EMP"}}, []oracledb.Table{{Schema: "HR", Name: "TOTALS"}}) {
				name := s.Table.String()
				if s.Missing {
					name += "?"
				}
				got = append(got, name)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("selected, where ? marks what is missing (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTarget(t *testing.T) {
	all := selects("include", "%.%")
	tests := []struct {
		name  string
		rules []string
		want  string
	}{
		{"nothing", nil, "HR.EMP: ID NAME SALARY"},
		{"rename a schema", []string{transforms("rename", "HR", `,"value":"people"`)}, "people.EMP: ID NAME SALARY"},
		{"rename a table", []string{transforms("rename", "HR.EMP", `,"value":"staff"`)}, "HR.staff: ID NAME SALARY"},
		{"rename another table", []string{transforms("rename", "HR.EMPX", `,"value":"staff"`)}, "HR.EMP: ID NAME SALARY"},
		{"rename a column", []string{transforms("rename", "HR.EMP.NAME", `,"value":"who"`)}, "HR.EMP: ID who SALARY"},
		{"remove a column", []string{transforms("remove-column", "HR.EMP.SALARY")}, "HR.EMP: ID NAME"},
		{"remove by wildcard", []string{transforms("remove-column", "%.%.SAL%")}, "HR.EMP: ID NAME"},
		{"the last name counts", []string{
			transforms("rename", "HR.EMP", `,"value":"a"`), transforms("rename", "HR.%", `,"value":"b"`),
		}, "HR.b: ID NAME SALARY"},
	}
	columns := []oracledb.Column{{Name: "ID"}, {Name: "NAME"}, {Name: "SALARY"}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := mapping.Parse(rules(append([]string{all}, test.rules...)...))
			if err != nil {
				t.Fatal(err)
			}
			target, err := m.Target(oracledb.Table{Schema: "HR", Name: "EMP"}, columns)
			if err != nil {
				t.Fatal(err)
			}
			got := target.Schema + "." + target.Table + ":"
			for _, c := range target.Columns {
				got += " " + c.As
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// added returns a rule that adds a column. more are the last members of the rule.
func added(name, value, expression string, more ...string) string {
	schema, table, _ := strings.Cut(name, ".")
	return fmt.Sprintf(`"rule-type":"transformation","rule-action":"add-column","rule-target":"column","value":%q,
		"expression":%q,"object-locator":{"schema-name":%q,"table-name":%q}%s`, value, expression, schema, table,
		strings.Join(more, ""))
}

const string50 = `,"data-type":{"type":"string","length":50}`

func TestAddedColumns(t *testing.T) {
	m, err := mapping.Parse(rules(selects("include", "HR.%"),
		added("HR.%", "SCN", "$AR_H_STREAM_POSITION", string50), added("HR.EMP", "SEQ", "$AR_H_CHANGE_SEQ", string50),
		added("HR.DEPT", "OP", "$AR_H_OPERATION", `,"data-type":{"type":"string"}`), transforms("rename", "HR.EMP", `,"value":"STAFF"`),
	))
	if err != nil {
		t.Fatal(err)
	}
	columns := []oracledb.Column{{Name: "ID"}}
	for table, want := range map[string][]mapping.AddedColumn{
		"EMP": {
			{As: "SCN", Header: mapping.StreamPosition, Length: 50}, {As: "SEQ", Header: mapping.ChangeSequence, Length: 50},
		},
		"DEPT": {{As: "SCN", Header: mapping.StreamPosition, Length: 50}, {As: "OP", Header: mapping.Operation}},
	} {
		as, err := m.Target(oracledb.Table{Schema: "HR", Name: table}, columns)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(as.Added, want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", table, diff)
		}
	}
	if _, err := m.Target(oracledb.Table{Schema: "HR", Name: "EMP"}, []oracledb.Column{{Name: "SCN"}}); err == nil {
		t.Error("an added column has the name of a column of the table: got no error")
	}
}

func TestRefusedDocuments(t *testing.T) {
	all := selects("include", "HR.%")
	settings := func(more string) string {
		return `"rule-type":"table-settings","object-locator":{"schema-name":"HR","table-name":"EMP"},` + more
	}
	filtered := func(filter string) string { return rules(selects("include", "HR.EMP", `,"filters":[`+filter+`]`)) }
	condition := func(c string) string {
		return filtered(`{"filter-type":"source","column-name":"ID","filter-conditions":[` + c + `]}`)
	}
	tests := []struct{ document, want string }{
		{`[]`, "not a table mappings document"},
		{`{"rules":[]}`, "no rules"},
		{`{"rules":[],"more":1}`, `unknown field "more"`},
		{`{"rules":[{"rule-type":"selection","rule-name":"a"}]}`, "rule-id is missing"},
		{`{"rules":[{"rule-type":"selection","rule-id":1}]}`, "rule-name is missing"},
		{strings.Replace(rules(all, all), `"rule-id":"2"`, `"rule-id":1`, 1), "rule-id is not unique"},
		{strings.Replace(rules(all, all), `rule 2`, `rule 1`, 1), "rule-name rule 1 is not unique"},
		{rules(`"rule-type":"object-mapping"`), "ruleId = 1 failed validation: rule-type object-mapping is not implemented"},
		{rules(selects("take", "HR.EMP")), `rule-action "take"`},
		{rules(selects("include", "HR")), "needs schema-name and table-name"},
		{rules(selects("include", "HR.EMP", `,"colour":"red"`)), `unknown field "colour"`},
		{rules(selects("include", "HR.EMP", `,"load-order":"first"`)), `load-order is "first"`},
		{rules(selects("include", "HR.EMP[A")), "no closing bracket"},
		{rules(selects("include", "HR.EMP[z-a]")), "not a valid pattern"},
		{rules(strings.Replace(all, `"HR"`, `"HR","table-type":"synonym"`, 1)), `table-type "synonym"`},
		{rules(all, strings.Repeat(" ", 2<<20)), "the limit is 2 MB"},
		{filtered(`{"filter-type":"target"}`), `filter-type "target"`},
		{filtered(`{"filter-type":"source","filter-conditions":[]}`), "needs a column-name"},
		{filtered(`{"filter-type":"source","column-name":"ID"}`), "needs filter-conditions"},
		{condition(`{"filter-operator":"like","value":"a"}`), `filter-operator "like" is not implemented`},
		{condition(`{"filter-operator":"eq"}`), "eq takes value"},
		{condition(`{"filter-operator":"between","value":"1"}`), "between takes start-value and end-value"},
		{condition(`{"filter-operator":"null","value":"1"}`), "null takes no value"},
		{rules(selects("include", "HR.%", `,"filters":[{"filter-type":"source","column-name":"ID","filter-conditions":[{"filter-operator":"null"}]}]`)), "exact name"},
		{
			rules(all, transforms("add-column", "HR.EMP.X", `,"expression":"1","data-type":{"type":"int4"}`)),
			"object-locator of add-column takes schema-name and table-name only",
		},
		{rules(all, added("HR.EMP", "X", "$AR_H_USER", string50)), "the expression $AR_H_USER is not implemented"},
		{rules(all, added("HR.EMP", "X", "$AR_H_OPERATION")), "only data-type string is implemented"},
		{rules(all, added("HR.EMP", "X", "$AR_H_OPERATION", `,"data-type":{"type":"datetime"}`)), "only data-type string"},
		{rules(all, added("HR.EMP", "", "$AR_H_OPERATION", string50)), "needs the name of the column"},
		{rules(all, transforms("rename", "HR.EMP", `,"value":"x","expression":"1"`)), "takes no expression"},
		{rules(all, transforms("include-column", "HR.EMP.X")), `"include-column"`},
		{rules(all, transforms("remove-column", "HR.EMP")), "rule-target column"},
		{rules(all, transforms("rename", "HR.EMP")), "rename needs value"},
		{rules(all, transforms("remove-column", "HR.EMP.X", `,"value":"x"`)), "remove-column takes no value"},
		{rules(all, transforms("convert-lowercase", "HR.EMP")), `rule-action "convert-lowercase" of a transformation is not implemented`},
		{rules(all, transforms("rename", "HR.EMP", `,"value":"x","old-value":"y"`)), `unknown field "old-value"`},
		{rules(all, strings.Replace(transforms("rename", "HR.EMP", `,"value":"x"`), `"table"`, `"table-tablespace"`, 1)), `rule-target "table-tablespace"`},
		{rules(all, settings(`"parallel-load":{"type":"subpartitions-auto"}`)), `parallel-load type "subpartitions-auto" is not implemented`},
		{rules(all, settings(`"parallel-load":{"type":"ranges","columns":["ID"]}`)), "needs boundaries"},
		{rules(all, settings(`"parallel-load":{"type":"ranges","columns":["ID"],"boundaries":[["1","2"]]}`)), "boundary 1 has 2 values for 1 columns"},
		{rules(all, settings(`"parallel-load":{"type":"partitions-list"}`)), "needs partitions"},
		{rules(all, settings(`"parallel-load":{"type":"partitions-auto","number-of-partitions":4}`)), `unknown field "number-of-partitions"`},
		{rules(all, settings(`"lob-settings":{"mode":"unlimited"}`)), "full LOB mode does not work with an S3 target"},
		{rules(all, settings(`"lob-settings":{"mode":"none"}`), settings(`"lob-settings":{"mode":"none"}`)), "given twice"},
		{rules(all, strings.Replace(settings(`"lob-settings":{"mode":"none"}`), "EMP", "%", 1)), "no wildcards"},
		{rules(selects("exclude", "HR.EMP", `,"filters":[{}]`)), "filters are only for"},
		{rules(selects("explicit", "HR.EMP", `,"filters":[{}]`)), "filters are only for"},
	}
	for _, test := range tests {
		_, err := mapping.Parse(test.document)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s\ngot  %v\nwant %s", test.document, err, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(rules(selects("include", "HR.[_]%", `,"filters":[{"filter-type":"source","column-name":"ID","filter-conditions":[{"filter-operator":"null"}]}]`)))
	f.Add(rules(transforms("rename", "HR.EMP", `,"value":"x"`)))
	f.Add(`{"rules":[{"rule-type":"table-settings","rule-id":3,"rule-name":"x","object-locator":{"schema-name":"a","table-name":"b"},"parallel-load":{"type":"ranges","columns":["c"],"boundaries":[[1]]}}]}`)
	f.Fuzz(func(t *testing.T, document string) {
		m, err := mapping.Parse(document)
		if err != nil {
			return
		}
		table := oracledb.Table{Schema: "HR", Name: "EMP"}
		for _, s := range m.Select([]oracledb.Table{table}, nil) {
			if _, _, err := s.Filter.Where([]oracledb.Column{{Name: "ID", Type: oracledb.Type{Name: "NUMBER"}}}); err != nil && err.Error() == "" {
				t.Error("the error has no text")
			}
		}
	})
}
