package manifest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/department"
)

// name draws from few characters. So names often match each other by their underscores.
func name() *rapid.Generator[string] { return rapid.StringMatching(`[AX][AX_$#1]{0,3}`) }

func tableGen() *rapid.Generator[department.Table] {
	return rapid.Custom(func(t *rapid.T) department.Table {
		table := department.Table{
			Schema: rapid.SampledFrom([]string{"APP", "M_A", "MXA", "M$A"}).Draw(t, "schema"),
			Name:   name().Draw(t, "table"),
		}
		if rapid.Bool().Draw(t, "filtered") {
			table.Filters = rapid.SliceOfNDistinct(filterGen(), 0, 3, func(f department.Filter) string { return f.Column }).
				Draw(t, "filters")
		}
		if rapid.Bool().Draw(t, "transformed") {
			columns := rapid.StringMatching(`[AB_]{1,2}`)
			table.Exclude = rapid.SliceOfNDistinct(columns, 0, 2, rapid.ID[string]).Draw(t, "exclude")
			table.Rename.Schema = rapid.SampledFrom([]string{"", "NEW", "M_A"}).Draw(t, "into schema")
			table.Rename.Table = rapid.SampledFrom([]string{"", "RENAMED"}).Draw(t, "into table")
		}
		table.LOBMaxKB = rapid.SampledFrom([]int{0, 0, 16, 64}).Draw(t, "lob")
		return table
	})
}

func filterGen() *rapid.Generator[department.Filter] {
	return rapid.Custom(func(t *rapid.T) department.Filter {
		f := department.Filter{Column: rapid.SampledFrom([]string{"C", "D", "E"}).Draw(t, "column")}
		f.Operator = rapid.SampledFrom([]string{
			"eq", "noteq", "gte", "lte", "between", "notbetween", "null", "notnull",
		}).Draw(t, "operator")
		f.Value, f.From, f.To = "1", "2", "3"
		return f
	})
}

func departmentGen() *rapid.Generator[*department.Department] {
	return rapid.Custom(func(t *rapid.T) *department.Department {
		d := &department.Department{Name: "d"}
		for i := range rapid.IntRange(1, 3).Draw(t, "jobs") {
			tables := rapid.SliceOfNDistinct(tableGen(), 1, 12, department.Table.String).Draw(t, "tables")
			j := job(fmt.Sprintf("job-%d", i), tables...)
			j.Type = rapid.SampledFrom([]department.Type{
				department.FullLoad, department.CDC, department.FullLoadAndCDC,
			}).Draw(t, "type")
			j.TablesPerTask = rapid.IntRange(1, 6).Draw(t, "limit")
			if j.Type.Continuous() {
				// department.Load refuses tables that cannot share the job's one task.
				tasks, _ := split(j.Tables, len(j.Tables))
				j.Tables, j.TablesPerTask = tasks[0], 0
			}
			d.Jobs = append(d.Jobs, j)
		}
		return d
	})
}

// compiled draws a department and compiles it.
func compiled(t *rapid.T) (*department.Department, *Manifest) {
	d := departmentGen().Draw(t, "department")
	m, err := Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	return d, m
}

func rulesOf(t *rapid.T, task Task) mappings {
	var m mappings
	if err := json.Unmarshal(task.Mappings, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEveryTableIsInOneTask(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, m := compiled(t)
		for i, j := range d.Jobs {
			position, found := map[string]int{}, 0
			for k, table := range j.Tables {
				position[table.String()] = k
			}
			for n, task := range m.Jobs[i].Tasks {
				if got, want := task.Name, j.Name+"-"+strconv.Itoa(n+1); got != want {
					t.Fatalf("task %s, want %s", got, want)
				}
				if j.Type.Continuous() && n > 0 {
					t.Fatalf("job %s of type %s has more than one task, want one", j.Name, j.Type)
				}
				if !j.Type.Continuous() && len(task.Tables) > j.TablesPerTask {
					t.Fatalf("task %s has %d tables, limit %d", task.Name, len(task.Tables), j.TablesPerTask)
				}
				last := -1
				for _, table := range task.Tables {
					at, ok := position[table.String()]
					if !ok {
						t.Fatalf("table %s is not in the job, or is in two tasks", table)
					}
					if at < last {
						t.Fatalf("task %s: %s is not in the order of the file", task.Name, table)
					}
					last = at
					delete(position, table.String())
					found++
				}
			}
			if found != len(j.Tables) {
				t.Fatalf("job %s: %d tables in tasks, want %d", j.Name, found, len(j.Tables))
			}
		}
	})
}

// Tables without filters, exclusions or renames fill the fewest tasks, evenly and in the order of the file.
func TestPlainTablesFillTasksEvenly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := job("j")
		for i := range rapid.IntRange(1, 200).Draw(t, "tables") {
			j.Tables = append(j.Tables, department.Table{Schema: "S", Name: fmt.Sprintf("T_%d", i)})
		}
		limit := rapid.IntRange(1, 60).Draw(t, "limit")
		tasks, _ := split(j.Tables, limit)
		if got, want := len(tasks), (len(j.Tables)+limit-1)/limit; got != want {
			t.Fatalf("%d tasks, want %d", got, want)
		}
		var joined []department.Table
		for _, task := range tasks {
			joined = append(joined, task...)
			if smaller := len(j.Tables) / len(tasks); len(task) != smaller && len(task) != smaller+1 {
				t.Fatalf("a task of %d tables, want %d or %d", len(task), smaller, smaller+1)
			}
		}
		if diff := cmp.Diff(j.Tables, joined); diff != "" {
			t.Fatalf("order (-want +got):\n%s", diff)
		}
	})
}

// The mappings load the tables of their task and no lookalike, each table with its own filters, names and columns. This
// holds whether or not DMS reads an underscore in a rule as a wildcard.
func TestMappingsActOnTheirTablesOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, m := compiled(t)
		for i, j := range d.Jobs {
			listed := map[string]department.Table{}
			for _, table := range j.Tables {
				listed[table.String()] = table
			}
			source := withLookalikes(j.Tables)
			for _, task := range m.Jobs[i].Tasks {
				rules, want := rulesOf(t, task), map[string]outcome{}
				for _, table := range task.Tables {
					o := wanted(listed[table.String()])
					if j.Type.Continuous() {
						o.Added = []string{department.ColumnSCN, department.ColumnSequence}
					}
					want[table.String()] = o
				}
				for how, as := range map[string]reading{"literally": literally, "with wildcards": like} {
					got := map[string]outcome{}
					for _, table := range source {
						if o, ok := apply(rules, table.Schema, table.Name, as); ok {
							got[table.String()] = o
						}
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Fatalf("task %s, names read %s (-want +got):\n%s", task.Name, how, diff)
					}
				}
			}
		}
	})
}

// withLookalikes returns the tables and their lookalikes: names that differ only where a listed name has an underscore.
func withLookalikes(listed []department.Table) []department.Table {
	var out []department.Table
	seen := map[string]bool{}
	for _, table := range listed {
		for _, schema := range variants(table.Schema) {
			for _, name := range variants(table.Name) {
				if v := (department.Table{Schema: schema, Name: name}); !seen[v.String()] {
					seen[v.String()] = true
					out = append(out, v)
				}
			}
		}
	}
	return out
}

func variants(name string) []string {
	at := strings.IndexByte(name, '_')
	if at < 0 {
		return []string{name}
	}
	var out []string
	for _, rest := range variants(name[at+1:]) {
		for _, c := range []string{"_", "X", "1", "$", "#"} {
			out = append(out, name[:at]+c+rest)
		}
	}
	return out
}

func wanted(t department.Table) outcome {
	o := outcome{Removed: map[string]bool{}}
	o.Schema, o.Table = t.Target()
	o.Filters = filtersOf(t.Filters)
	for _, c := range t.Exclude {
		o.Removed[c] = true
	}
	return o
}

var alphanumeric = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

func TestRulesAreNumberedNamedAndBelongToATable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, m := compiled(t)
		for _, j := range m.Jobs {
			for _, task := range j.Tasks {
				tables, selected, names := map[string]bool{}, map[string]int{}, map[string]bool{}
				transformed := map[string]bool{}
				for _, table := range task.Tables {
					tables[table.String()] = true
				}
				for n, r := range rulesOf(t, task).Rules {
					if got, want := r.ID, strconv.Itoa(n+1); got != want {
						t.Fatalf("rule-id %s, want %s", got, want)
					}
					if names[r.Name] || !alphanumeric.MatchString(r.Name) {
						t.Fatalf("rule-name %q is duplicate or not alphanumeric", r.Name)
					}
					names[r.Name] = true
					at := r.Locator.Schema + "." + r.Locator.Table
					if r.Type == "selection" && r.Action != "exclude" {
						selected[at]++
					}
					column := r.Locator.Column
					if r.Action == "add-column" {
						column = r.Value // the rule's object is the column that it adds
					}
					if object := r.Target + " " + at + "." + column; r.Type == "transformation" {
						if transformed[object] {
							t.Fatalf("two transformations of %s: DMS accepts one for each object", object)
						}
						transformed[object] = true
					}
					if r.Target != "schema" && r.Action != "exclude" && r.Action != "add-column" && !tables[at] {
						t.Fatalf("rule %s applies to %s, which is not in the task", r.Name, at)
					}
				}
				for table := range tables {
					if selected[table] != 1 {
						t.Fatalf("%d selection rules name %s, want 1", selected[table], table)
					}
				}
			}
		}
	})
}

func TestCompileIsDeterministicAndReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, m := compiled(t)
		again, err := Compile(d)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, again, rawAsText); diff != "" {
			t.Fatalf("compiled twice (-first +second):\n%s", diff)
		}
		b, err := m.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		read, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, read, rawAsText); diff != "" {
			t.Fatalf("read back (-want +got):\n%s", diff)
		}
		if got, want := read.Hash(), m.Hash(); got != want {
			t.Fatalf("hash %s after reading back, want %s", got, want)
		}
	})
}
