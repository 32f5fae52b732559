package department

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/oralake/oralake/internal/yamlschema"
)

// LoadAll reads every department's file in dir, in the order of the files' names. It skips wrong files, so a mistake in
// one file does not affect other departments.
func LoadAll(dir string) (all []*Department, skipped []Skipped, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("list the departments: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		stem, yml := strings.CutSuffix(e.Name(), ".yml")
		if !yml && !strings.HasSuffix(e.Name(), extension) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		d, err := loadPart(path)
		if yml {
			err = fmt.Errorf("its name ends in .yml; rename it to %s%s", stem, extension)
		}
		if err != nil {
			skipped = append(skipped, Skipped{Path: path, Name: d.Name, Err: err})
			continue
		}
		all = append(all, d)
	}
	return all, skipped, nil
}

// loadPart loads like Load, and also returns the valid parts of a wrong file.
func loadPart(path string) (*Department, error) {
	src, err := read(path)
	if err != nil {
		return &Department{}, err
	}
	d, problems := yamlschema.DecodePart(path, src, fileKeys(), keyHints())
	if len(problems) > 0 {
		return d, problems
	}
	return d, nil
}

// Skipped is a department's file that LoadAll skipped.
type Skipped struct {
	Path string
	Name string // the value of the file's key department; empty if it has none
	Err  error  // why the file is skipped
}

// Error returns the file's name and all its problems. Several problems have a line each.
func (s Skipped) Error() string {
	var problems Errors
	if errors.As(s.Err, &problems) && len(problems) > 1 {
		lines := strings.ReplaceAll(problems.Error(), "\n", "\n  ")
		return fmt.Sprintf("%s is skipped: it has %d mistakes:\n  %s", s.Path, len(problems), lines)
	}
	return fmt.Sprintf("%s is skipped: %v", s.Path, s.Err)
}

// Unwrap returns why the file is skipped.
func (s Skipped) Unwrap() error { return s.Err }

// Duplicates returns an error if several files have the same department, with one line for each duplicate file. all and
// skipped are the results of LoadAll for dir.
func Duplicates(dir string, all []*Department, skipped []Skipped) error {
	paths := map[string]string{}
	for _, d := range all {
		paths[d.Name] = FilePath(dir, d.Name)
	}
	var twice []error
	for _, s := range skipped {
		if s.Name == "" {
			continue
		}
		first, taken := paths[s.Name]
		if !taken {
			paths[s.Name] = s.Path
			continue
		}
		twice = append(twice, fmt.Errorf("%s and %s both have department: %s: a department has one file; remove one of them, "+
			"or change its department", first, s.Path, s.Name))
	}
	return errors.Join(twice...)
}
