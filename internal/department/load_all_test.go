package department_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
)

func files(t *testing.T, contents map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range contents {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// LoadAll skips a wrong file, reports all its problems, and loads the other files.
func TestLoadAll(t *testing.T) {
	dir := files(t, map[string]string{
		"sales.yaml": short, "broken.yaml": "department: [", "empty.yaml": "", "hr.yml": short, "schema.json": "{}", ".sales.yaml": "x",
	})
	all, skipped, err := department.LoadAll(dir)
	if err != nil || len(all) != 1 || all[0].Name != "sales" {
		t.Errorf("departments %v, %v; want sales", all, err)
	}
	want := []struct {
		file, message, name string
		lines               int
	}{
		{"broken.yaml", " is skipped: ", "", 1},
		{"empty.yaml", " is skipped: it has 4 mistakes:\n", "", 5},
		{"hr.yml", " is skipped: its name ends in .yml; rename it to hr.yaml", "sales", 1},
	}
	if len(skipped) != len(want) {
		t.Fatalf("skipped %v, want %d", skipped, len(want))
	}
	for i, s := range skipped {
		if !strings.HasPrefix(s.Error(), filepath.Join(dir, want[i].file)+want[i].message) {
			t.Errorf("%q, want a message that begins with %s%s", s, want[i].file, want[i].message)
		}
		if lines := strings.Count(s.Error(), "\n") + 1; lines != want[i].lines {
			t.Errorf("%q has %d lines, want %d", s, lines, want[i].lines)
		}
		if s.Name != want[i].name || s.Path != filepath.Join(dir, want[i].file) {
			t.Errorf("skipped %+v, want name %q", s, want[i].name)
		}
	}
	var problems department.Errors
	if !errors.As(skipped[1], &problems) || len(problems) != 4 {
		t.Errorf("empty.yaml is skipped because of %v, want 4 problems", problems)
	}
	if _, _, err := department.LoadAll(filepath.Join(dir, "none")); err == nil {
		t.Error("no error for a folder that does not exist")
	}
}

// Duplicates names both files of a department, even if one has other mistakes.
func TestDuplicates(t *testing.T) {
	wrong := strings.Replace(short, "jobs:", "colour: red\njobs:", 1)
	for name, test := range map[string]struct {
		contents map[string]string
		want     [][2]string
	}{
		"none":         {map[string]string{"sales.yaml": short, "broken.yaml": "department: [", "hr.yaml": ""}, nil},
		"a copy":       {map[string]string{"sales.yaml": short, "copy.yaml": wrong}, [][2]string{{"sales.yaml", "copy.yaml"}}},
		"a wrong file": {map[string]string{"sales.yaml": wrong, "copy.yaml": short}, [][2]string{{"copy.yaml", "sales.yaml"}}},
		"three": {
			map[string]string{"sales.yaml": short, "copy.yaml": short, "sales.yml": short},
			[][2]string{{"sales.yaml", "copy.yaml"}, {"sales.yaml", "sales.yml"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := files(t, test.contents)
			all, skipped, err := department.LoadAll(dir)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []string
			if err := department.Duplicates(dir, all, skipped); err != nil {
				for _, line := range strings.Split(err.Error(), "\n") {
					both, _, _ := strings.Cut(line, " both have department: sales")
					got = append(got, both)
				}
			}
			for _, pair := range test.want {
				want = append(want, filepath.Join(dir, pair[0])+" and "+filepath.Join(dir, pair[1]))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("duplicates (-want +got):\n%s", diff)
			}
		})
	}
}
