package oracle

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/oralake/oralake/internal/department"
)

// edits are the parts of a fix that change the department's file.
var edits = []struct {
	pattern string
	apply   func(f file, job, found string)
}{
	{`remove source: \{oracle: \{asm\}\}`, func(f file, _, _ string) { delete(f.source(""), "oracle") }},
	{`source: \{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}`, func(f file, _, found string) { merge(f, decoded(found)) }},
	{`remove view: true`, func(f file, _, _ string) { delete(f.table("daily"), "view") }},
	{`\{table: SCHEMA\.NAME, view: true\}`, func(f file, _, found string) { f.tables("daily", []any{decoded(found)}) }},
	{` without oracle\.asm and oracle\.tde`, func(f file, _, _ string) { delete(f.source("oracle"), "asm"); delete(f.source("oracle"), "tde") }},
	{`, without \w+`, func(f file, _, found string) {
		name := strings.TrimPrefix(found, ", without ")
		delete(f.source("oracle"), name)
		delete(f.source(""), name)
	}},
	{`remove it from the list of tables|move it to a full-load job(?:, and load a view of it: )?`, func(f file, _, _ string) {
		f.tables("live", []any{"SALES.OTHER"})
		f.tables("daily", []any{"SALES.ORDERS"})
	}},
	{`(?:and )?add view: true|view: true`, func(f file, job, _ string) { f.table("daily")["view"] = true; delete(f.table("daily"), "parallel") }},
	{`remove \w+ from the table's filter and ranges`, func(f file, job, _ string) { delete(f.table(job), "filter"); delete(f.table(job), "parallel") }},
	{`startFrom: SCN`, func(f file, _, _ string) { f.job("changes")["startFrom"] = "4711" }},
	{`(?:exclude|parallel|lobMaxKB): (?:\[[^\]]*\]|\{ranges: .*\}\}|[\w-]+)`, func(f file, job, found string) {
		for key, value := range decoded(found) {
			f.table(job)[key] = value
		}
	}},
}

// file is a department's file.
type file map[string]any

const departmentFile = `
department: sales
network: {create: 10.40.0.0/24}
source: {secretName: oralake/sales, database: ORCLPDB1, sslMode: none, check: report, driver: go-ora, capture: binary-reader}
jobs:
  daily: {type: full-load, tables: [{table: SALES.ORDERS, filter: [{column: NOTE, isNull: false}]}]}
  live: {type: full-load-and-cdc, tables: [{table: SALES.CUSTOMER, filter: [{column: NOTE, isNull: false}]}]}
  changes: {type: cdc, tables: [SALES.PART]}
`

func (f file) source(key string) map[string]any {
	source := f["source"].(map[string]any)
	if key == "" {
		return source
	}
	if source[key] == nil {
		source[key] = map[string]any{}
	}
	return source[key].(map[string]any)
}

func (f file) job(name string) map[string]any {
	return f["jobs"].(map[string]any)[name].(map[string]any)
}

func (f file) table(job string) map[string]any {
	t, is := f.job(job)["tables"].([]any)[0].(map[string]any)
	if !is {
		t = map[string]any{"table": f.job(job)["tables"].([]any)[0]}
		f.job(job)["tables"] = []any{t}
	}
	return t
}

func (f file) tables(job string, tables []any) { f.job(job)["tables"] = tables }

// decoded reads a part of a fix as YAML. The words in capitals stand for what a person writes.
func decoded(text string) map[string]any {
	text = strings.NewReplacer("NUMBER", "60", "VALUE", "1000", ": ARN", ": 'arn:aws:dms:eu-central-1:123456789012:cert:NEW'").Replace(text)
	var m map[string]any
	if err := yaml.Unmarshal([]byte(text), &m); err != nil {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
	return m
}

// merge adds the keys of one mapping to another.
func merge(into, from map[string]any) {
	for key, value := range from {
		inner, isMap := value.(map[string]any)
		if old, is := into[key].(map[string]any); is && isMap {
			merge(old, inner)
			continue
		}
		into[key] = value
	}
}

// Every fix can be followed: the department's file with it is accepted, and its statements are documented, for the container in which they
// are run. Nothing else is in it than what a person is told.
func TestFixesCanBeFollowed(t *testing.T) {
	used := map[string]bool{}
	for _, p := range printed() {
		rest := p.text
		take := func(pattern string, use func(found string)) {
			rest = regexp.MustCompile(pattern).ReplaceAllStringFunc(rest, func(found string) string { use(found); return "" })
		}
		for _, f := range forms {
			take(f.pattern, func(found string) {
				used[f.pattern] = true
				checkPlace(t, p, f)
			})
		}
		jobs := []string{p.job}
		if p.job == "" {
			jobs = []string{"daily", "live"}
		}
		base := file(decoded(departmentFile))
		merge(base, decoded("source: {"+p.file+"}"))
		if _, err := department.Parse("sales.yaml", base.bytes(t)); err != nil {
			t.Errorf("the file before %q: %v", p.text, err)
		}
		edited := false
		for _, e := range edits {
			take(e.pattern, func(found string) {
				edited = true
				for _, job := range jobs {
					e.apply(base, job, found)
				}
			})
		}
		if edited {
			if _, err := department.Parse("sales.yaml", base.bytes(t)); err != nil {
				t.Errorf("the file with %q is refused: %v", p.text, err)
			}
		}
		for _, act := range acts {
			if strings.Contains(rest, act) {
				used[act] = true
			}
			rest = strings.ReplaceAll(rest, act, "")
		}
		if left := strings.Trim(strings.NewReplacer(" or ", "", "and", "", "or ", "", "()", "").Replace(rest), " ,;"); left != "" {
			t.Errorf("%q: %q is no key of the file, no documented statement and nothing that a person does", p.text, left)
		}
	}
	for _, f := range forms {
		if !used[f.pattern] {
			t.Errorf("no fix has the form %s", f.pattern)
		}
	}
	for _, act := range acts {
		if !used[act] {
			t.Errorf("no fix has %q", act)
		}
	}
}

func (f file) bytes(t *testing.T) []byte {
	t.Helper()
	content, err := yaml.Marshal(map[string]any(f))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// checkPlace checks that a statement can be run at the database for which it is printed.
func checkPlace(t *testing.T, p printedFix, f form) {
	t.Helper()
	if f.page == "" {
		t.Errorf("%s has no page", f.pattern)
	}
	if p.at.user == "" { // nothing is known of the database
		return
	}
	if f.root && p.at.pluggable && !strings.Contains(p.text, "ALTER SESSION SET CONTAINER = CDB$ROOT; ") {
		t.Errorf("%q is for CDB$ROOT, and is printed for a pluggable database", p.text)
	}
	if p.at.rds && f.notRDS || !p.at.rds && f.onRDS {
		t.Errorf("%q is printed for RDS = %v, where nobody can run it", p.text, p.at.rds)
	}
	if f.changes && p.at.standby != strings.HasPrefix(p.text, "at the primary: ") {
		t.Errorf("%q is printed for standby = %v", p.text, p.at.standby)
	}
}
