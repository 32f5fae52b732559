package department

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/oralake/oralake/internal/yamlschema"
)

// LoadAll reads every department's file in dir, in the order of the files' names. Wrong files are skipped, so that other
// departments still load.
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
			err = fmt.Errorf("it ends in .yml; rename it to %s%s", stem, extension)
		}
		if err != nil {
			skipped = append(skipped, Skipped{Path: path, Name: d.Name, Err: err})
			continue
		}
		all = append(all, d)
	}
	return all, skipped, nil
}

// loadPart is Load that also returns what it could read of a wrong file.
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

// Skipped is a department's file that cannot be used, and why.
type Skipped struct {
	Path string
	Name string // the department that the file says it is; empty if it says none
	Err  error
}

// Error names the file and all its problems: one in the same line, several in a line each.
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

// Duplicates is the error of files that say they are the same department, with a line for each two of them; nil if there
// are none. all and skipped are what LoadAll returned for dir.
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
		twice = append(twice, fmt.Errorf("%s and %s both say department: %s, and a department has one file: remove one of them, "+
			"or write its own department in it", first, s.Path, s.Name))
	}
	return errors.Join(twice...)
}
