package manifest

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/department"
)

const snapshotRun = "20261201T020000Z"

// A run's rename of a schema replaces that of the file, because DMS takes one action for each object.
func TestForSnapshot(t *testing.T) {
	d := &department.Department{Name: "d", Jobs: []department.Job{job("nightly",
		department.Table{Schema: "S", Name: "A"},
		department.Table{Schema: "T", Name: "B", Rename: department.Rename{Schema: "X", Table: "Y"}},
		department.Table{Schema: "S", Name: "C"},
	)}}
	m, err := Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := m.Jobs[0].ForSnapshot(snapshotRun)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`selection explicit {"schema-name":"S","table-name":"A"}`,
		`transformation rename schema {"schema-name":"S"} value "S__20261201T020000Z"`,
		`selection explicit {"schema-name":"T","table-name":"B"}`,
		`transformation rename schema {"schema-name":"T"} value "X__20261201T020000Z"`,
		`transformation rename table {"schema-name":"T","table-name":"B"} value "Y"`,
		`selection explicit {"schema-name":"S","table-name":"C"}`,
	}
	var got []string
	for _, task := range loaded.Tasks {
		var m mappings
		if err := json.Unmarshal(task.Mappings, &m); err != nil {
			t.Fatal(err)
		}
		got = append(got, describe(t, m)...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if got := loaded.Tasks[0].Tables[0].TargetSchema; got != "S" {
		t.Errorf("the table is called %s.A, and readers know it as S.A", got)
	}
}

// Whatever a file says, each task of a run has one new name for each of its schemas, which no rule gives to another schema. Two
// attempts of a run make the same mappings, and two runs make different ones.
func TestEverySchemaOfARunIsRenamedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, m := compiled(t)
		for _, j := range m.Jobs {
			if j.Type.Continuous() {
				continue
			}
			loaded, err := j.ForSnapshot(snapshotRun)
			if err != nil {
				t.Fatal(err)
			}
			again, _ := j.ForSnapshot(snapshotRun)
			if !reflect.DeepEqual(loaded, again) {
				t.Fatal("two attempts of a run make different tasks")
			}
			for i, task := range loaded.Tasks {
				if string(task.Mappings) == string(j.Tasks[i].Mappings) {
					t.Fatalf("task %s does not name the run", task.Name)
				}
				checkSchemas(t, j.Tasks[i], task)
			}
		}
	})
}

// checkSchemas checks the rules of a task of a run against those of the file.
func checkSchemas(t *rapid.T, file, loaded Task) {
	renames := map[string]string{}
	ids := map[string]bool{}
	rules := rulesOf(t, loaded).Rules
	for _, r := range rules {
		if ids[r.ID] {
			t.Fatalf("two rules have the id %s", r.ID)
		}
		ids[r.ID] = true
		if r.Action == "rename" && r.Target == "schema" {
			if renames[r.Locator.Schema] != "" {
				t.Fatalf("schema %s is renamed twice", r.Locator.Schema)
			}
			renames[r.Locator.Schema] = r.Value
		}
	}
	for _, table := range loaded.Tables {
		for pattern, name := range renames {
			if like(pattern, table.Schema) && name != SnapshotSchema(table.TargetSchema, snapshotRun) {
				t.Fatalf("%s of %s may be renamed to %s", table, pattern, name)
			}
		}
		if renames[table.Schema] == "" {
			t.Fatalf("schema %s is not renamed", table.Schema)
		}
	}
	kept := func(rules []rule) (texts []string) {
		for _, r := range rules {
			if r.Action != "rename" || r.Target != "schema" {
				_, name, _ := strings.Cut(r.Name, "-")
				texts = append(texts, name)
			}
		}
		return texts
	}
	if before := kept(rulesOf(t, file).Rules); !slices.Equal(before, kept(rules)) {
		t.Fatalf("other rules than those of schemas changed: %v became %v", before, kept(rules))
	}
}
