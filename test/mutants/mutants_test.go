package mutants

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/harness"
)

// Every mutant still replaces what the product contains, and what it makes of a file is Go. Whether the simulations find
// it is for `make mutants`, which takes minutes.
func TestMutantsFitTheProduct(t *testing.T) {
	all, err := Read("planted")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Error("no mutant is planted")
	}
	for _, m := range all {
		edited, err := m.Edited(harness.Root())
		if err != nil {
			t.Error(err)
		}
		for file, content := range edited {
			if strings.HasSuffix(file, ".go") {
				if _, err := parser.ParseFile(token.NewFileSet(), file, content, parser.SkipObjectResolution); err != nil {
					t.Errorf("mutant %s: %v", m.Name, err)
				}
			}
		}
	}
}

const example = `A run forgets its tasks.

find: chaos 50 from 7

--- internal/run/a.go
	keep(tasks)
	go on
+++
	go on
--- internal/run/b.go
	again()
+++
`

func TestParse(t *testing.T) {
	want := Mutant{Fault: "A run forgets its tasks.", Simulation: Chaos, First: 7, Lives: 50, Edits: []Edit{
		{File: "internal/run/a.go", Before: "\tkeep(tasks)\n\tgo on\n", After: "\tgo on\n"},
		{File: "internal/run/b.go", Before: "\tagain()\n"},
	}}
	got, err := parse(example)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("got error %v, -want +got:\n%s", err, diff)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, test := range map[string]struct{ replace, by, want string }{
		"no words":          {"A run forgets its tasks.", "", "what the fault is"},
		"no lives":          {"chaos 50 from 7", "chaos", "find: SIMULATION LIVES"},
		"no seed":           {"chaos 50 from 7", "chaos 50 from", "find: SIMULATION LIVES"},
		"no simulation":     {"chaos 50 from 7", "luck 50", `its simulation is "luck"`},
		"nothing to change": {"\tagain()\n", "", "internal/run/b.go does not say which lines"},
		"a second +++":      {"\tgo on\n--- ", "+++\n--- ", "+++ without --- FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(strings.Replace(example, test.replace, test.by, 1))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
	if _, err := parse("A fault.\nfind: chaos 1\n"); err == nil || !strings.Contains(err.Error(), "edits no file") {
		t.Errorf("a mutant without edits: got error %v", err)
	}
}

func TestEditsReplaceWholeLinesOnce(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "a.go"), []byte("\tdo()\n\tundo()\n\tredo()\n\tredo()\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	m := Mutant{Edits: []Edit{{"a.go", "\tdo()\n", ""}, {"a.go", "\tundo()\n", "\tdo()\n"}}}
	edited, err := m.Edited(root)
	if diff := cmp.Diff(map[string]string{"a.go": "\tdo()\n\tredo()\n\tredo()\n"}, edited); err != nil || diff != "" {
		t.Errorf("got error %v, -want +got:\n%s", err, diff)
	}
	for _, lines := range []string{"\tredo()\n", "\tgone()\n", "do()\n"} {
		if _, err := (Mutant{Edits: []Edit{{"a.go", lines, ""}}}).Edited(root); err == nil || !strings.Contains(err.Error(), "the product has changed") {
			t.Errorf("replace %q: got error %v, want that the product has changed", lines, err)
		}
	}
}
