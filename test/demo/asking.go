package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/oralake/oralake/internal/department"
)

// copied returns the path of the copy of the department's file. The demonstration deploys the copy and does not change the
// file.
func copied(o Options) string { return filepath.Join(o.Dir, "departments", o.Department+".yaml") }

// withChecks copies the department's file and adds keys, so that the runs check the source, plan the loads and count the
// rows. It does not change keys that the file has. It adds nothing for a department whose source cannot be checked.
func withChecks(o Options) (*department.Department, error) {
	from, to := filepath.Join(o.Root, "departments", o.Department+".yaml"), copied(o)
	d, err := department.Load(from)
	if err != nil {
		return nil, err
	}
	added, err := addChecks(from, to, d)
	if err != nil {
		return nil, fmt.Errorf("add checks to department %s: %w", d.Name, err)
	}
	if len(added) > 0 {
		fmt.Fprintf(o.Out, "%s: a copy of the department's file, with %s\n", to, strings.Join(added, ", "))
	}
	return department.Load(to)
}

// addChecks copies a department's file, adds the missing keys, and returns these.
func addChecks(from, to string, d *department.Department) (added []string, err error) {
	content, err := os.ReadFile(from)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(content, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	if d.Source.Check != department.CheckOff {
		if added, err = addKeys(file, d); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return nil, err
	}
	return added, os.WriteFile(to, []byte(file.String()), 0o644)
}

func addKeys(file *ast.File, d *department.Department) (added []string, err error) {
	root := func() *yaml.PathBuilder { return (&yaml.PathBuilder{}).Root() }
	if d.Source.Check == "" {
		// This machine has no Oracle client, and the demonstration does not use it.
		if err := addKey(file, root().Child("source"), "check: report", &added); err != nil {
			return nil, err
		}
		if d.Source.Driver == department.Godror {
			if err := addKey(file, root().Child("source"), "driver: go-ora", &added); err != nil {
				return nil, err
			}
		}
	}
	if d.Parallel == "" {
		if err := addKey(file, root(), "parallel: auto", &added); err != nil {
			return nil, err
		}
	}
	for _, job := range d.Jobs {
		if job.Type == department.FullLoad && job.Verify == "" {
			if err := addKey(file, root().Child("jobs").Child(job.Name), "verify: counts", &added); err != nil {
				return nil, err
			}
		}
	}
	return added, nil
}

// addKey adds a key to a mapping.
func addKey(file *ast.File, at *yaml.PathBuilder, line string, added *[]string) error {
	path := at.Build()
	if err := path.MergeFromReader(file, strings.NewReader(line)); err != nil {
		return fmt.Errorf("add %s at %s: %w", line, path, err)
	}
	// $.jobs.daily-orders and verify: counts become jobs.daily-orders.verify: counts.
	*added = append(*added, strings.TrimPrefix(path.String()+"."+line, "$."))
	return nil
}
