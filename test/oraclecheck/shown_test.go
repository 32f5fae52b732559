package oraclecheck_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	findingName = regexp.MustCompile(`"((?:oracle|oralake|all|table|unsupported)-[a-z0-9-]+)"`)
	inCode      = regexp.MustCompile("`([^`]+)`")
	testName    = regexp.MustCompile("^`(Test\\w+)` ?(.*)$")
)

// The tables of docs/database-check.md have every finding of the code, and only those; and each test and fixture that they name is there.
func TestConditionsAreShown(t *testing.T) {
	found := map[string]bool{}
	for _, m := range findingName.FindAllStringSubmatch(sources(t, "../../internal/oracle/*.go", false), -1) {
		found[m[1]] = true
	}
	tests := sources(t, "../../internal/oracle/*_test.go", true) + sources(t, "../../internal/oracle/driver/*_test.go", true) +
		sources(t, "*_test.go", true)
	page, err := os.ReadFile("../../docs/database-check.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tables, is := strings.Cut(string(page), "## Every condition")
	tables, _, ends := strings.Cut(tables, "### What does not apply")
	if !is || !ends {
		t.Fatal("docs/database-check.md has no part of every condition")
	}
	shown := map[string]bool{}
	rows := 0
	for line := range strings.Lines(tables) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) < 4 || strings.HasPrefix(line, "|--") || strings.Contains(line, "| fails |") {
			continue
		}
		rows++
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		last := cells[len(cells)-3:] // finding, fails, passes
		if last[0] == "see the next table" {
			continue
		}
		names := inCode.FindAllStringSubmatch(last[0], -1)
		for _, name := range names {
			if !found[name[1]] && name[1] != "inconclusive" {
				t.Errorf("%s: no finding has the name %s", cells[0], name[1])
			}
			shown[name[1]] = true
		}
		if len(names) == 0 && !strings.HasPrefix(last[0], "no finding: ") {
			t.Errorf("%s: it has neither a finding nor why there is none", cells[0])
		}
		for i, cell := range last[1:] {
			if i == 1 && cell == "the same" {
				if !strings.HasPrefix(last[1], "`TestConditions") {
					t.Errorf("%s: the fixture %s has only one database", cells[0], last[1])
				}
				continue
			}
			checkFixture(t, cells[0], cell, tests)
		}
	}
	for name := range found {
		if !shown[name] {
			t.Errorf("the tables do not have the finding %s", name)
		}
	}
	if rows < 90 {
		t.Errorf("%d rows, want 25 points and many conditions", rows)
	}
}

// checkFixture checks that a test is there, and that it has the fixture of which the rest of the cell is the name.
func checkFixture(t *testing.T, row, cell, tests string) {
	t.Helper()
	m := testName.FindStringSubmatch(cell)
	if m == nil {
		t.Errorf("%s: %q names no test", row, cell)
		return
	}
	_, body, is := strings.Cut(tests, "\nfunc "+m[1]+"(")
	if !is {
		t.Errorf("%s: there is no test %s", row, m[1])
		return
	}
	body, _, _ = strings.Cut(body, "\n}\n")
	if m[2] != "" && !strings.Contains(body, `"`+m[2]+`"`) {
		t.Errorf("%s: %s has no fixture %q", row, m[1], m[2])
	}
}

// sources returns the text of Go files, those of tests or all others.
func sources(t *testing.T, pattern string, ofTests bool) string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(paths)
	var all strings.Builder
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") != ofTests {
			continue
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	return all.String()
}
