// Package plan says what departments' files come to: their mistakes, or the jobs, replication tasks, tables, mappings, schedules and
// gates that a deploy makes of them. It needs no AWS account.
package plan

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

// Validation says what is wrong in the files of departments.
type Validation struct {
	Files []File `json:"files"`
}

// File is a department's file.
type File struct {
	Path       string    `json:"file"`
	Department string    `json:"department,omitempty"` // empty if the file does not say it
	Problems   []Problem `json:"problems,omitempty"`   // in the order of the file
	Warnings   []string  `json:"warnings,omitempty"`   // what works, but probably not as its author expects
}

// Problem is a mistake in a file. Line and Column begin at 1; both are 0 for a mistake of the file as a whole.
type Problem struct {
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	What   string `json:"what"`
	Fix    string `json:"fix,omitempty"`
}

// Mistakes is the number of problems in all files.
func (v Validation) Mistakes() int {
	n := 0
	for _, f := range v.Files {
		n += len(f.Problems)
	}
	return n
}

// Validate reads files of a folder: those of the departments called names, or all if there are no names. It reports every mistake
// of every file. Warnings about the calendar look ahead from now. The error is that of a folder that cannot be read, or of a
// department without a file.
func Validate(dir string, names []string, now time.Time) (Validation, error) {
	all, skipped, err := department.LoadAll(dir)
	if err != nil {
		return Validation{}, err
	}
	paths := map[string]bool{}
	for _, name := range names {
		path, err := department.Find(dir, name)
		if err != nil {
			return Validation{}, err
		}
		paths[path] = true
	}
	var v Validation
	for _, d := range all {
		f := File{Path: department.FilePath(dir, d.Name), Department: d.Name}
		if _, err := manifest.Compile(d); err != nil {
			f.Problems = append(f.Problems, Problem{What: err.Error()})
		}
		for _, w := range d.Warnings(now) {
			f.Warnings = append(f.Warnings, w.Text)
		}
		v.add(f, paths)
	}
	for _, s := range skipped {
		v.add(File{Path: s.Path, Department: s.Name, Problems: problemsOf(s.Err)}, paths)
	}
	if err := department.Duplicates(dir, all, skipped); err != nil && len(names) == 0 {
		v.Files = append(v.Files, File{Path: dir, Problems: problemsOf(err)})
	}
	if len(v.Files) == 0 {
		return v, fmt.Errorf("%s has no department's file: write one, such as %s", dir, filepath.Join(dir, "sales.yaml"))
	}
	return v, nil
}

// add adds a file in the order of the paths, if it is one of paths or there are none.
func (v *Validation) add(f File, paths map[string]bool) {
	if len(paths) > 0 && !paths[f.Path] {
		return
	}
	at := len(v.Files)
	for at > 0 && v.Files[at-1].Path > f.Path {
		at--
	}
	v.Files = append(v.Files[:at], append([]File{f}, v.Files[at:]...)...)
}

// problemsOf returns the mistakes in the error of a file.
func problemsOf(err error) []Problem {
	var mistakes department.Errors
	if !errors.As(err, &mistakes) {
		var all []Problem
		for line := range strings.SplitSeq(err.Error(), "\n") {
			all = append(all, Problem{What: line})
		}
		return all
	}
	all := make([]Problem, len(mistakes))
	for i, m := range mistakes {
		all[i] = Problem{Line: m.Line, Column: m.Column, What: m.What, Fix: m.Fix}
	}
	return all
}
