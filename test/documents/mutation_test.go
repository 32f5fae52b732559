package documents_test

import (
	"strings"
	"testing"
)

// Every check finds the mistakes that it is there for.
func TestPlantedMistakes(t *testing.T) {
	for name, test := range map[string]struct {
		check  func(*testing.T, document) []problem
		source string
		want   string // in the one problem; empty for none
		line   int
	}{
		"a target":                     {checkCommands, "Text.\n\n    make tets\n", "no target tets", 3},
		"a target in a list":           {checkCommands, "- Text:\n\n      make tets\n", "no target tets", 3},
		"a target in the text":         {checkCommands, "Text, then `make tets`.\n", "no target tets", 1},
		"a variable":                   {checkCommands, "    make local SCAEL=1\n", "does not use SCAEL", 1},
		"a target that is there":       {checkCommands, "    make local SCALE=1   # text\n", "", 0},
		"a package":                    {checkCommands, "    go run ./cmd/oralaek check\n", "oralaek", 1},
		"a package that is no program": {checkCommands, "    go run ./internal/run\n", "is no program", 1},
		"an option":                    {checkCommands, "    go run -tags goora ./cmd/oralake check --departmnet sales\n", "no option departmnet", 1},
		"an option of oralake":         {checkCommands, "Text: `oralake check --jsno`.\n", "no option jsno", 1},
		"a test's package":             {checkCommands, "    go -C test test ./scenarois\n", "scenarois", 1},
		"a form of the CDK":            {checkCommands, "    npx cdk watch oralake-sales\n", "no test runs this form", 1},
		"a tool":                       {checkCommands, "    npx prettier .\n", "npx runs only cdk", 1},
		"npm":                          {checkCommands, "Text: `npm install`.\n", "the Makefile has no npm install", 1},
		"a foreign command":            {checkCommands, "    curl https://example.com\n", "nothing runs this", 1},
		"output is no command":         {checkCommands, "```\n$ npx cdk watch\nmake tets\n```\n", "", 0},

		"a key":        {checkExamples, "```yaml\nlake: {fromat: csv}\n```\n", "format", 2},
		"a value":      {checkExamples, "Text.\n\n   ```yaml\n   jobs:\n     daily:\n       type: full-laod\n       tables: [A.B]\n   ```\n", "full-laod", 6},
		"a whole file": {checkExamples, "```yaml\ndepartment: hr\nnetwork: {create: 10.40.0.0/24}\nsource: {database: X, sslMode: none}\njobs: {a: {type: cdc, tables: [A.B]}}\n```\n", "secretName", 4},
		"a part":       {checkExamples, "```yaml\nlake: {format: csv}\n```\n", "", 0},
		"an input":     {checkExamples, "Text: `{\"job\": \"a\", \"relaod\": [\"A.B\"]}`.\n", "relaod", 1},
		"JSON":         {checkExamples, "```json\n{\"job\": \"a\",}\n```\n", "not JSON", 2},

		"an inline key":         {checkKeys, "Write `tabelsPerTask: 5`.\n", "no key tabelsPerTask", 1},
		"a key that exists":     {checkKeys, "Write `tablesPerTask: 5`.\n", "", 0},
		"a link":                {checkLinks, "See [there](docs/jbos.md).\n", "there is no docs/jbos.md", 1},
		"a place":               {checkLinks, "Text.\nSee [there](docs/jobs.md#tabels).\n", "no place called tabels", 2},
		"a place here":          {checkLinks, "# Some title, here\n\n[Up](#some-titel-here)\n", "no place called some-titel-here", 3},
		"a place that is there": {checkLinks, "[A1](docs/assumptions.md#a1), [tables](docs/jobs.md#tables)\n", "", 0},
		"a path":                {checkPaths, "See `internal/run/polll.go`.\n", "there is no internal/run/polll.go", 1},
		"a folder":              {checkPaths, "See `internal/histroy/`.\n", "there is no internal/histroy/", 1},
		"a file":                {checkPaths, "See `READEM.md`.\n", "there is no READEM.md", 1},
		"a placeholder":         {checkPaths, "See `lambdas/NAME/mian.go`.\n", "there is no lambdas/NAME/mian.go", 1},
		"paths that are there":  {checkPaths, "See `lambdas/NAME/main.go`, `internal/run`, `full/SCHEMA/TABLE/`.\n", "", 0},
		"a name":                {checkNames, "Text.\n`Judge`, `Jugde` and `Combine` in\n`internal/verdict/judge.go`\n", "does not declare Jugde", 2},
		"a name's file":         {checkNames, "`Judge` in `internal/verdict/jugde.go`\n", "there is no internal/verdict/jugde.go", 1},

		"a word":             {checkWords, "One.\nIt loads the table anew.\n", `"anew"`, 2},
		"a mark":             {checkWords, "One row with the new key [U].\n", `"[U]"`, 1},
		"words that contain": {checkWords, "Secure: `anew` is code, and renewed is another word.\n", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			found := test.check(t, parse("README.md", test.source))
			switch {
			case test.want == "" && len(found) > 0:
				t.Errorf("found %v, want nothing", found)
			case test.want != "" && (len(found) != 1 || !strings.Contains(found[0].what, test.want) || found[0].line != test.line):
				t.Errorf("found %v, want one problem in line %d with %q", found, test.line, test.want)
			}
		})
	}
}

// So do the checks of tables.
func TestPlantedRows(t *testing.T) {
	want := map[string][]string{"example.org/a": {"MIT"}, "example.org/b": {"Apache-2.0"}}
	page := "| `example.org/a` | MIT | a |\n| `example.org/b` | Apache-2.0 or UPL-1.0 | b |\n"
	if wrong := diffDependencies(want, page); len(wrong) > 0 {
		t.Errorf("found %v, want nothing", wrong)
	}
	for _, test := range []struct{ page, want string }{
		{"| `example.org/a` | MIT | a |\n", "no row for example.org/b"},
		{strings.Replace(page, "MIT", "BSD-3-Clause", 1), "the licence of example.org/a is BSD-3-Clause"},
		{page + "| `example.org/c` | MIT | c |\n", "a row for example.org/c"},
	} {
		if wrong := diffDependencies(want, test.page); len(wrong) != 1 || !strings.Contains(wrong[0], test.want) {
			t.Errorf("found %v, want one problem with %q", wrong, test.want)
		}
	}
	defaults := map[string]string{"recordDays": "400", "paused": "false", "type": ""}
	good := "| `recordDays` | `400` | days |\n| `paused` | `false` | |\n"
	if wrong := diffDefaults(defaults, good); wrong != "" {
		t.Errorf("found %s, want nothing", wrong)
	}
	for _, test := range []struct{ page, want string }{
		{strings.Replace(good, "400", "30", 1), `recordDays is "30", and it is "400"`},
		{"| `recordDays` | `400` | days |\n", `paused is "", and it is "false"`},
		{good + "| `type` | `cdc` | |\n", "gives a default to type"},
	} {
		if wrong := diffDefaults(defaults, test.page); !strings.Contains(wrong, test.want) {
			t.Errorf("found %q, want %q", wrong, test.want)
		}
	}
	house := "text\ninternal/\n  run/ a\n  dms/ b\ntest/ c\n"
	if wrong := diffHouse(house, []string{"dms", "run"}); wrong != "" {
		t.Errorf("found %s, want nothing", wrong)
	}
	if wrong := diffHouse(house, []string{"dms", "lake", "run"}); !strings.Contains(wrong, "lake") {
		t.Errorf("found %q, want a package that is missing", wrong)
	}
}
