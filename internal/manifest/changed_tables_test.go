package manifest

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
)

// ChangedTables lists exactly the tables whose rows, columns or names in the lake are different.
func TestChangedTables(t *testing.T) {
	write := func(tables ...department.Table) []byte {
		document, err := json.Marshal(mappingsOf(department.Job{Type: department.FullLoadAndCDC}, tables, 32))
		if err != nil {
			t.Fatal(err)
		}
		return document
	}
	orders := department.Table{Schema: "SALES", Name: "ORDERS"}
	with := func(change func(*department.Table)) department.Table {
		changed := orders
		change(&changed)
		return changed
	}
	since := func(year string) department.Table {
		return with(func(t *department.Table) {
			t.Filters = []department.Filter{{Column: "O_ORDERDATE", Operator: "gte", Value: year}}
		})
	}
	other := department.Table{Schema: "SALES", Name: "A_TABLE"}
	for name, test := range map[string]struct {
		before, after []department.Table
		want          []string
	}{
		"nothing":            {[]department.Table{orders}, []department.Table{orders}, nil},
		"a table before it":  {[]department.Table{orders}, []department.Table{other, orders}, nil},
		"a removed table":    {[]department.Table{other, orders}, []department.Table{orders}, nil},
		"an added table":     {[]department.Table{other}, []department.Table{other, since("1995")}, nil},
		"a filter":           {[]department.Table{orders}, []department.Table{since("1995")}, []string{"SALES.ORDERS"}},
		"another filter":     {[]department.Table{since("1995")}, []department.Table{since("1994")}, []string{"SALES.ORDERS"}},
		"a removed filter":   {[]department.Table{since("1995")}, []department.Table{orders}, []string{"SALES.ORDERS"}},
		"its LOB limit":      {[]department.Table{orders}, []department.Table{with(func(t *department.Table) { t.LOBMaxKB = 64 })}, nil},
		"how it is split":    {[]department.Table{orders}, []department.Table{with(func(t *department.Table) { t.Parallel = &department.Parallel{Type: partitionsAuto} })}, nil},
		"an excluded column": {[]department.Table{orders}, []department.Table{with(func(t *department.Table) { t.Exclude = []string{"O_COMMENT"} })}, []string{"SALES.ORDERS"}},
		"another name":       {[]department.Table{orders}, []department.Table{with(func(t *department.Table) { t.Rename.Table = "SALE" })}, []string{"SALES.ORDERS"}},
		"the schema's name":  {[]department.Table{other, orders}, []department.Table{other, with(func(t *department.Table) { t.Rename.Schema = "S" })}, []string{"SALES.A_TABLE", "SALES.ORDERS"}},
		"the order of columns": {
			[]department.Table{with(func(t *department.Table) { t.Exclude = []string{"A", "B"} })},
			[]department.Table{with(func(t *department.Table) { t.Exclude = []string{"B", "A"} })},
			nil,
		},
	} {
		got, err := ChangedTables(write(test.before...), write(test.after...))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(test.want, otherHashes(t, write(test.before...), write(test.after...))); diff != "" {
			t.Errorf("%s: tables with other hashes (-want +got):\n%s", name, diff)
		}
	}
}

// otherHashes lists the tables of which two documents have different content hashes.
func otherHashes(t *testing.T, before, after []byte) (names []string) {
	t.Helper()
	tables, err := SelectedTables(after)
	if err != nil {
		t.Fatal(err)
	}
	old, err := ContentHashes(before, tables)
	if err != nil {
		t.Fatal(err)
	}
	current, err := ContentHashes(after, tables)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if name := table.String(); old[name] != "" && old[name] != current[name] {
			names = append(names, name)
		}
	}
	return names
}
