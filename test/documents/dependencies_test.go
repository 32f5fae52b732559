package documents_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var dependencyRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([A-Za-z0-9. -]+) \\| (.+) \\|$")

// docs/decisions.md has every direct dependency with its licence and a reason, and no other.
func TestDependencies(t *testing.T) {
	want := map[string][]string{} // licences by module or package
	for _, folder := range []string{".", "test"} {
		maps.Copy(want, moduleLicences(t, folder))
	}
	maps.Copy(want, packageLicences(t))
	for _, wrong := range diffDependencies(want, read(t, "docs/decisions.md")) {
		t.Error(wrong)
	}
}

func diffDependencies(want map[string][]string, page string) (wrong []string) {
	shown := map[string]string{}
	for _, row := range dependencyRow.FindAllStringSubmatch(page, -1) {
		shown[row[1]] = row[2]
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		switch got, there := shown[name]; {
		case !there:
			wrong = append(wrong, "docs/decisions.md has no row for "+name)
		case !slices.Contains(want[name], got) && !slices.ContainsFunc(want[name], func(l string) bool { return strings.HasPrefix(got, l+" or ") }):
			wrong = append(wrong, fmt.Sprintf("docs/decisions.md says that the licence of %s is %s; its own text says %v", name, got, want[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		if _, needed := want[name]; !needed {
			wrong = append(wrong, "docs/decisions.md has a row for "+name+", which nothing requires directly")
		}
	}
	return wrong
}

// moduleLicences are the direct requirements of a module, with the licences that their own files name.
func moduleLicences(t *testing.T, folder string) map[string][]string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-m", "-json", "all")
	list.Dir, list.Env = filepath.Join(root, folder), append(os.Environ(), "GOWORK=off")
	output, err := list.Output()
	if err != nil {
		t.Fatalf("go list -m all in %s: %v", folder, err)
	}
	licences := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(output))); decoder.More(); {
		var m struct {
			Path, Dir      string
			Main, Indirect bool
		}
		if err := decoder.Decode(&m); err != nil {
			t.Fatal(err)
		}
		if !m.Main && !m.Indirect && required(t, folder, m.Path) {
			licences[m.Path] = licencesIn(t, m.Path, m.Dir)
		}
	}
	return licences
}

// required says that a module's go.mod names another one.
func required(t *testing.T, folder, module string) bool {
	t.Helper()
	return strings.Contains(read(t, filepath.ToSlash(filepath.Join(folder, "go.mod"))), "\t"+module+" ")
}

// licenceTexts are words that only the text of a licence has.
var licenceTexts = map[string]*regexp.Regexp{
	"MIT":          regexp.MustCompile(`Permission is hereby granted, free of charge`),
	"Apache-2.0":   regexp.MustCompile(`Apache License|apache\.org/licenses/LICENSE-2\.0|Apache 2\.0`),
	"BSD-3-Clause": regexp.MustCompile(`Redistribution and use in source and binary forms`),
	"MPL-2.0":      regexp.MustCompile(`Mozilla Public License Version 2\.0`),
}

// licencesIn are the licences that the files of a module name. A module within a repository may have them in a folder above.
func licencesIn(t *testing.T, module, dir string) (found []string) {
	t.Helper()
	var files []string
	for at := dir; len(files) == 0 && at != filepath.Dir(at) && at != ""; at = filepath.Dir(at) {
		for _, pattern := range []string{"LICEN[CS]E*", "licen[cs]e*", "COPYING*"} {
			matches, err := filepath.Glob(filepath.Join(at, pattern))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, matches...)
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, words := range licenceTexts {
			if words.Match(text) {
				found = append(found, name)
			}
		}
	}
	if len(found) == 0 {
		t.Errorf("the licence of %s in %q is not known to this test", module, dir)
	}
	return found
}

// packageLicences are the packages of package.json with the licences that the lock file has.
func packageLicences(t *testing.T) map[string][]string {
	t.Helper()
	var lock struct {
		Packages map[string]struct {
			License         string
			DevDependencies map[string]string
		}
	}
	if err := json.Unmarshal([]byte(read(t, "package-lock.json")), &lock); err != nil {
		t.Fatal(err)
	}
	licences := map[string][]string{}
	for name := range lock.Packages[""].DevDependencies {
		licences[name] = []string{lock.Packages["node_modules/"+name].License}
	}
	return licences
}
