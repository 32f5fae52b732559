package manifest

import (
	"cmp"
	"slices"
	"strconv"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/department"
)

// weightsGen draws weights for some of the tables of a job.
func weightsGen(t *rapid.T, j Job) map[string]float64 {
	weights := map[string]float64{}
	for _, task := range j.Tasks {
		for _, table := range task.Tables {
			if rapid.IntRange(0, 4).Draw(t, "known") > 0 {
				weights[table.String()] = float64(rapid.IntRange(0, 1000).Draw(t, "weight"))
			}
		}
	}
	return weights
}

// A packed job loads the same tables as before, with the same rules for each, under both readings of underscores. Each task has as many
// tables as before.
func TestPackedJobLoadsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, m := compiled(t)
		for i, before := range m.Jobs {
			if before.Type != department.FullLoad {
				continue
			}
			packed, err := before.Packed(weightsGen(t, before))
			if err != nil {
				t.Fatal(err)
			}
			listed, source := map[string]department.Table{}, withLookalikes(d.Jobs[i].Tables)
			for _, table := range d.Jobs[i].Tables {
				listed[table.String()] = table
			}
			details := map[string]TableRules{}
			for n, task := range packed.Tasks {
				if task.Name != before.Tasks[n].Name || len(task.Tables) != len(before.Tasks[n].Tables) {
					t.Fatalf("task %s has %d tables, want %s with %d", task.Name, len(task.Tables), before.Tasks[n].Name, len(before.Tasks[n].Tables))
				}
				want := map[string]outcome{}
				for _, table := range task.Tables {
					want[table.String()] = wanted(listed[table.String()])
					delete(listed, table.String())
				}
				for how, as := range map[string]reading{"literally": literally, "with wildcards": like} {
					got := map[string]outcome{}
					for _, table := range source {
						if o, ok := apply(rulesOf(t, task), table.Schema, table.Name, as); ok {
							got[table.String()] = o
						}
					}
					if diff := gocmp.Diff(want, got); diff != "" {
						t.Fatalf("task %s, names read %s (-want +got):\n%s", task.Name, how, diff)
					}
				}
				addDetails(t, details, task)
			}
			if len(listed) > 0 {
				t.Fatalf("the packed job lacks %v", listed)
			}
			was := map[string]TableRules{}
			for _, task := range before.Tasks {
				addDetails(t, was, task)
			}
			if diff := gocmp.Diff(was, details); diff != "" {
				t.Fatalf("rules of the tables (-before +packed):\n%s", diff)
			}
		}
	})
}

func addDetails(t *rapid.T, all map[string]TableRules, task Task) {
	details, err := task.Details()
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range details {
		all[name] = d
	}
}

// No table of a group comes after a lighter one, neither in its task nor in the tasks of the group, and DMS loads them in that order.
func TestHeavyTablesComeFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, m := compiled(t)
		for _, before := range m.Jobs {
			if before.Type != department.FullLoad {
				continue
			}
			weights := weightsGen(t, before)
			packed, err := before.Packed(weights)
			if err != nil {
				t.Fatal(err)
			}
			last, usual := map[int]float64{}, median(weights)
			for _, task := range packed.Tasks {
				for _, table := range task.Tables {
					weight, known := weights[table.String()]
					if !known {
						weight = usual
					}
					if lighter, any := last[task.Group]; any && weight > lighter {
						t.Fatalf("%s of weight %v comes after one of %v", table, weight, lighter)
					}
					last[task.Group] = weight
				}
				if got := loadOrder(t, task); !slices.Equal(got, names(task.Tables)) {
					t.Fatalf("task %s is loaded in the order %v, want %v", task.Name, got, names(task.Tables))
				}
			}
		}
	})
}

// loadOrder returns the tables of a task as DMS loads them, by their load order.
func loadOrder(t *rapid.T, task Task) (all []string) {
	order := map[string]int{}
	for _, r := range rulesOf(t, task).Rules {
		if r.selects() {
			name := r.Locator.Schema + "." + r.Locator.Table
			n, err := strconv.Atoi(r.LoadOrder)
			if err != nil {
				t.Fatalf("rule %s has the load order %q", r.Name, r.LoadOrder)
			}
			order[name], all = n, append(all, name)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Compare(order[b], order[a]) })
	return all
}

func names(tables []Table) (all []string) {
	for _, t := range tables {
		all = append(all, t.String())
	}
	return all
}

// A job that was packed can be packed again, as the plan of a check packs a job that a run has changed.
func TestPackedAgain(t *testing.T) {
	j := job("nightly", tables("S", "A", "B", "C", "D")...)
	j.Tables[1].LOBMaxKB, j.Tables[2].Parallel = 500, &department.Parallel{Type: partitionsAuto}
	j.TablesPerTask = 2
	m, err := Compile(&department.Department{Name: "d", Jobs: []department.Job{j}})
	if err != nil {
		t.Fatal(err)
	}
	once, err := m.Jobs[0].Packed(map[string]float64{"S.D": 9, "S.B": 5, "S.C": 3})
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([][]string{{"S.D", "S.A"}, {"S.B", "S.C"}}, [][]string{names(once.Tasks[0].Tables), names(once.Tasks[1].Tables)}); diff != "" {
		t.Errorf("packed (-want +got):\n%s", diff) // A has the median of the others, which is B's.
	}
	twice, err := once.Packed(map[string]float64{"S.A": 4, "S.B": 3, "S.C": 2, "S.D": 1})
	if err != nil {
		t.Fatal(err)
	}
	again, err := m.Jobs[0].Packed(map[string]float64{"S.A": 4, "S.B": 3, "S.C": 2, "S.D": 1})
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(again, twice, rawAsText); diff != "" {
		t.Errorf("packed twice (-once +twice):\n%s", diff)
	}
}
