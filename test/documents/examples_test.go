package documents_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/run"
)

func TestExamples(t *testing.T) { report(t, checkExamples) }

// rest is what an example that is only a part of a department's file lacks.
var rest = []struct{ key, text string }{
	{"department", "department: sales\n"},
	{"network", "network: {create: 10.40.0.0/24}\n"},
	{"source", "source: {secretName: oralake/sales, database: ORCLPDB1, sslMode: none}\n"},
	{"jobs", "jobs: {daily-parts: {type: full-load, tables: [SALES.PART]}}\n"},
}

var topLevel = regexp.MustCompile(`(?m)^([a-zA-Z]+):`)

// checkExamples reads every YAML example as a department's file, and every input of an execution.
func checkExamples(_ *testing.T, d document) (found []problem) {
	for _, b := range d.blocks {
		switch {
		case b.language == "yaml":
			found = append(found, checkYAML(b)...)
		case b.language == "json":
			found = append(found, checkInput(b.text, b.line)...)
		}
	}
	for _, s := range d.spans {
		if strings.HasPrefix(s.text, `{"job"`) || strings.HasPrefix(s.text, `{"recover"`) {
			found = append(found, checkInput(s.text, s.line)...)
		}
	}
	return found
}

func checkYAML(b block) (found []problem) {
	source, lines := b.text, strings.Count(b.text, "\n")
	name := "sales"
	if set := regexp.MustCompile(`(?m)^department: *([a-z0-9]+)`).FindStringSubmatch(source); set != nil {
		name = set[1]
	}
	var has []string
	for _, key := range topLevel.FindAllStringSubmatch(source, -1) {
		has = append(has, key[1])
	}
	for _, r := range rest {
		if !slices.Contains(has, r.key) {
			source += r.text
		}
	}
	_, err := department.Parse(name+".yaml", []byte(source))
	var mistakes department.Errors
	if err != nil && !errors.As(err, &mistakes) {
		return []problem{{b.line, err.Error()}}
	}
	for _, m := range mistakes {
		found = append(found, problem{b.line - 1 + min(m.Line, lines), m.Error()})
	}
	return found
}

func checkInput(text string, line int) []problem {
	var r run.Request
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return []problem{{line, fmt.Sprintf("%s is not JSON: %v", text, err)}}
	}
	if r.InvalidInput != "" {
		return []problem{{line, text + ": " + r.InvalidInput}}
	}
	return nil
}

// schemaKeys are all keys of a department's file, with the defaults of those that have one.
func schemaKeys(t *testing.T) map[string]string {
	t.Helper()
	var schema any
	if err := json.Unmarshal([]byte(read(t, "departments/schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	addKeys(keys, schema)
	return keys
}

func addKeys(keys map[string]string, schema any) {
	switch s := schema.(type) {
	case []any:
		for _, one := range s {
			addKeys(keys, one)
		}
	case map[string]any:
		properties, _ := s["properties"].(map[string]any)
		for key, property := range properties {
			if _, known := keys[key]; !known {
				keys[key] = ""
			}
			p, _ := property.(map[string]any)
			if value, set := p["default"]; set {
				keys[key] = fmt.Sprint(value)
			}
		}
		for _, inner := range s {
			addKeys(keys, inner)
		}
	}
}

// docs/jobs.md shows every key in an example.
func TestJobsShowsAllKeys(t *testing.T) {
	var shown strings.Builder
	for _, b := range parse("docs/jobs.md", read(t, "docs/jobs.md")).blocks {
		if b.language == "yaml" {
			shown.WriteString(b.text)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(schemaKeys(t))) {
		if key != "$schema" && !regexp.MustCompile(`\b`+key+`:`).MatchString(shown.String()) {
			t.Errorf("docs/jobs.md has no example with the key %s", key)
		}
	}
}

var defaultRow = regexp.MustCompile("(?m)^\\| `([a-zA-Z]+)` \\| `([^`]+)` \\|")

// The table of defaults in docs/jobs.md is that of the schema.
func TestJobsShowsDefaults(t *testing.T) {
	if diff := diffDefaults(schemaKeys(t), read(t, "docs/jobs.md")); diff != "" {
		t.Error(diff)
	}
}

func diffDefaults(keys map[string]string, page string) string {
	var wrong []string
	shown := map[string]string{}
	for _, row := range defaultRow.FindAllStringSubmatch(page, -1) {
		shown[row[1]] = row[2]
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if keys[key] != shown[key] && keys[key] != "" {
			wrong = append(wrong, fmt.Sprintf("docs/jobs.md says that the default of %s is %q, and it is %q", key, shown[key], keys[key]))
		}
	}
	for key := range shown {
		if keys[key] == "" {
			wrong = append(wrong, "docs/jobs.md gives a default to "+key+", which has none")
		}
	}
	return strings.Join(wrong, "\n")
}

func TestKeys(t *testing.T) { report(t, checkKeys) }

var setting = regexp.MustCompile(`^([a-z][a-zA-Z]*): \S`)

// checkKeys checks inline code of the form KEY: VALUE: a department's file has the key.
func checkKeys(t *testing.T, d document) (found []problem) {
	keys := schemaKeys(t)
	for _, s := range d.spans {
		if set := setting.FindStringSubmatch(s.text); set != nil {
			if _, known := keys[set[1]]; !known {
				found = append(found, problem{s.line, s.text + ": a department's file has no key " + set[1]})
			}
		}
	}
	return found
}
