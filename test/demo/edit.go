package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"
)

// addTable copies a department's file with one more table in the list of a job, as a person writes it. It does not change
// the original file.
func addTable(from, to, job, table string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("add a table: %w", err)
	}
	file, err := parser.ParseBytes(content, parser.ParseComments)
	if err != nil {
		return fmt.Errorf("add a table: read %s: %w", from, err)
	}
	list := (&yaml.PathBuilder{}).Root().Child("jobs").Child(job).Child("tables").Build()
	if err := list.MergeFromReader(file, strings.NewReader("["+table+"]")); err != nil {
		return fmt.Errorf("add a table: %s has no list at %s: %w", from, list, err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("add a table: %w", err)
	}
	if err := os.WriteFile(to, []byte(file.String()), 0o644); err != nil {
		return fmt.Errorf("add a table: %w", err)
	}
	return nil
}
