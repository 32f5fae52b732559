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

// copied is where the copy of the department's file is that the demonstration deploys. The user's own stays as it is.
func copied(o Options) string { return filepath.Join(o.Dir, "departments", o.Department+".yaml") }

// asking copies the department's file, in which the runs now ask the source whether it is ready, plan how its tables are
// read, and count what arrived; the file's own words on that are kept. A department whose source is not asked stays as it
// is.
func asking(o Options) (*department.Department, error) {
	from, to := filepath.Join(o.Root, "departments", o.Department+".yaml"), copied(o)
	d, err := department.Load(from)
	if err != nil {
		return nil, err
	}
	added, err := addQuestions(from, to, d)
	if err != nil {
		return nil, fmt.Errorf("have the runs of %s ask the source: %w", d.Name, err)
	}
	if len(added) > 0 {
		fmt.Fprintf(o.Out, "%s: a copy of the department's file, with %s\n", to, strings.Join(added, ", "))
	}
	return department.Load(to)
}

// addQuestions copies a department's file and adds the keys that it has not, which it returns.
func addQuestions(from, to string, d *department.Department) (added []string, err error) {
	content, err := os.ReadFile(from)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(content, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	if asks(d) {
		if added, err = addKeys(file, d); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return nil, err
	}
	return added, os.WriteFile(to, []byte(file.String()), 0o644)
}

// asks says whether the runs of a department can ask its source: the check function has no certificates for sslMode.
func asks(d *department.Department) bool {
	return d.Source.Check != department.CheckOff && d.Source.SSLMode == "none"
}

func addKeys(file *ast.File, d *department.Department) (added []string, err error) {
	root := func() *yaml.PathBuilder { return (&yaml.PathBuilder{}).Root() }
	if d.Source.Check == "" {
		// There is no Oracle client on this machine, and it would not be used.
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
	// $.jobs.daily-orders and verify: counts make jobs.daily-orders.verify: counts.
	*added = append(*added, strings.TrimPrefix(path.String()+"."+line, "$."))
	return nil
}
