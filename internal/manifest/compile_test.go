package manifest

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
)

var update = flag.Bool("update", false, "write the golden files")

func compile(t *testing.T, d *department.Department) *Manifest {
	t.Helper()
	m, err := Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCompileGolden(t *testing.T) {
	samples := map[string]*department.Department{"plain": plainSample(), "full": fullSample()}
	for name, d := range samples {
		t.Run(name, func(t *testing.T) {
			b, err := compile(t, d).Bytes()
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := json.Indent(&got, b, "", "  "); err != nil {
				t.Fatal(err)
			}
			got.WriteByte('\n')
			golden := filepath.Join("testdata", name+".golden.json")
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("manifest (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSplit(t *testing.T) {
	into := func(schema string, ts ...department.Table) []department.Table {
		for i := range ts {
			ts[i].Rename.Schema = schema
		}
		return ts
	}
	excluding := func(t department.Table) department.Table {
		t.Exclude = []string{"C"}
		return t
	}
	one := func(schema, name string) department.Table { return department.Table{Schema: schema, Name: name} }
	renamed := func(from, name, to string) department.Table {
		return department.Table{Schema: from, Name: name, Rename: department.Rename{Schema: to}}
	}
	cases := []struct {
		name   string
		tables []department.Table
		limit  int
		want   []string
	}{
		{"one task", tables("S", "A", "B", "C"), 3, []string{"S.A S.B S.C"}},
		{"even", tables("S", "A", "B", "C", "D"), 3, []string{"S.A S.B", "S.C S.D"}},
		{"uneven", tables("S", "A", "B", "C", "D", "E"), 2, []string{"S.A", "S.B S.C", "S.D S.E"}},
		{"one each", tables("S", "A", "B"), 1, []string{"S.A", "S.B"}},
		{
			"a schema renamed for some of its tables",
			append(into("X", tables("S", "A", "B")...), append(tables("S", "C"), into("X", tables("S", "D")...)...)...),
			50,
			[]string{"S.A S.B S.D", "S.C"},
		},
		{"a schema renamed for all", into("X", tables("S", "A", "B")...), 50, []string{"S.A S.B"}},
		{
			"a schema renamed twice",
			[]department.Table{renamed("S", "A", "X"), renamed("S", "B", "Y"), renamed("T", "A", "Z")},
			50,
			[]string{"S.A T.A", "S.B"},
		},
		{
			"a renamed schema that matches another",
			[]department.Table{renamed("MY_APP", "A", "X"), one("MYXAPP", "B"), one("OTHER", "C")},
			50,
			[]string{"MY_APP.A OTHER.C", "MYXAPP.B"},
		},
		{"lookalikes without rules of their own", tables("S", "A_B", "AXB"), 50, []string{"S.A_B S.AXB"}},
		{
			"a rule on one of two lookalikes",
			[]department.Table{excluding(one("S", "A_B")), one("S", "AXB"), one("S", "A_C")},
			50,
			[]string{"S.A_B S.A_C", "S.AXB"},
		},
		{
			"a rule on the lookalike without underscore",
			[]department.Table{one("S", "A_B"), excluding(one("S", "AXB"))},
			50,
			[]string{"S.A_B S.AXB"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			tasks, _ := split(c.tables, c.limit)
			for _, task := range tasks {
				var names []string
				for _, table := range task {
					names = append(names, table.String())
				}
				got = append(got, strings.Join(names, " "))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("tasks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCompileNamesTasksAndTargets(t *testing.T) {
	j := job("nightly", tables("S", "A", "B", "C")...)
	j.TablesPerTask = 2
	j.Tables[2].Rename = department.Rename{Table: "SEA"}
	m := compile(t, &department.Department{Name: "d", Jobs: []department.Job{j}})
	type row struct {
		Task   string
		Tables []Table
	}
	var got []row
	for _, task := range m.Jobs[0].Tasks {
		got = append(got, row{task.Name, task.Tables})
	}
	gates := &Gates{MaxDropPercent: 50, DropFrom: 100, OnSchemaChange: "hold"}
	want := []row{
		{"nightly-1", []Table{{Schema: "S", Name: "A", TargetSchema: "S", TargetName: "A", Gates: gates}}},
		{"nightly-2", []Table{
			{Schema: "S", Name: "B", TargetSchema: "S", TargetName: "B", Gates: gates},
			{Schema: "S", Name: "C", TargetSchema: "S", TargetName: "SEA", Gates: gates},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
}

func TestJob(t *testing.T) {
	m := compile(t, plainSample())
	j, ok := m.Job("live-prices")
	if !ok || j.Name != "live-prices" || j.Type != department.FullLoadAndCDC {
		t.Errorf("Job(live-prices) = %s %s, %v; want the full-load-and-cdc job of that name", j.Name, j.Type, ok)
	}
	if j, ok := m.Job("live"); ok {
		t.Errorf("Job(live) = %s, true; want none: only a complete name matches", j.Name)
	}
}
