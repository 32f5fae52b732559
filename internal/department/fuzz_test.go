package department_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

// For every input, Parse returns either a complete department or problems with a place, a reason and a fix.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/wrong/*.yaml", "../../departments/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			src, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Add([]byte(short))
	f.Add([]byte("department: sales\njobs: {a: *b, ? c : d, <<: e}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		d, err := department.Parse("departments/sales.yaml", src)
		if err != nil {
			checkProblems(t, err)
			return
		}
		if d.Name != "sales" || len(d.Jobs) == 0 {
			t.Errorf("accepted a department without a name or jobs: %+v", d)
		}
		if _, err := manifest.Compile(d); err != nil {
			t.Errorf("accepted a department that does not compile: %v", err)
		}
		seen := map[string]bool{}
		for _, job := range d.Jobs {
			if job.Name == "" || job.Type == "" || job.Schedule == "" || len(job.Tables) == 0 || seen[job.Name] {
				t.Errorf("accepted an incomplete job: %+v", job)
			}
			seen[job.Name] = true
			for _, table := range job.Tables {
				if table.Schema == "" || table.Name == "" {
					t.Errorf("accepted a table without a name in %s: %+v", job.Name, table)
				}
			}
		}
	})
}

func checkProblems(t *testing.T, err error) {
	t.Helper()
	var problems department.Errors
	if !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("the error is %T (%v), want Errors", err, err)
	}
	if !slices.IsSortedFunc(problems, func(a, b department.Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	}) {
		t.Errorf("the problems are not in the order of the file:\n%v", err)
	}
	for _, p := range problems {
		if p.File != "departments/sales.yaml" || p.Line < 1 || p.Column < 1 || p.What == "" || p.Fix == "" {
			t.Errorf("the problem %+v has no place, reason or fix", p)
		}
	}
}
