package department_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/oralake/oralake/internal/department"
)

var (
	advisedKey     = regexp.MustCompile(`(?:write|add|with|or|remove) ([a-z][A-Za-z]*): ([^ ]+ [^ ]+|[^ ]+)`)
	advisedCommand = regexp.MustCompile("`([^`]+)`")
)

// commands are the commands that an advice may name. A test of the documents checks that oralake has its own.
var commands = []string{"go run ./cmd/oralake check", "aws dms import-certificate"}

// Every advice can be followed: it names keys of the file and commands that exist.
func TestAdviceNamesWhatExists(t *testing.T) {
	keys := schemaKeys(t)
	paths, err := filepath.Glob("testdata/wrong/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no wrong files: %v", err)
	}
	checked := 0
	for _, path := range paths {
		_, err := department.Load(path)
		var problems department.Errors
		errors.As(err, &problems)
		for _, p := range problems {
			for _, found := range advisedKey.FindAllStringSubmatch(p.Fix, -1) {
				if found[2] == "it takes" { // a corrected value, and its form
					continue
				}
				checked++
				if !slices.Contains(keys, found[1]) {
					t.Errorf("%v\nadvises the key %s, which the file does not have", p, found[1])
				}
			}
			for _, found := range advisedCommand.FindAllStringSubmatch(p.Fix, -1) {
				if checked++; !slices.Contains(commands, found[1]) {
					t.Errorf("%v\nadvises the command %s", p, found[1])
				}
			}
		}
	}
	if checked < 20 {
		t.Errorf("%d pieces of advice were checked, want many", checked)
	}
}

// schemaKeys returns the names of all keys of the file.
func schemaKeys(t *testing.T) []string {
	t.Helper()
	raw, err := department.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	var keys []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			if properties, ok := v["properties"].(map[string]any); ok {
				for key := range properties {
					keys = append(keys, key)
				}
			}
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(document)
	return keys
}
