package department

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	// The program contains the time zones, so every machine accepts the same files.
	_ "time/tzdata"

	"github.com/oralake/oralake/internal/yamlschema"
)

// extension is the extension of a department's file.
const extension = ".yaml"

// Problem is one mistake in a department's file.
type Problem = yamlschema.Problem

// Errors are all problems of a department's file, in the order of the file. Load and Parse return it for every mistake in
// a file's content.
type Errors = yamlschema.Errors

// Load reads the department's file at path. The error is of the type Errors if the content is wrong, and of another type
// if the file cannot be read.
func Load(path string) (*Department, error) {
	src, err := read(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, src)
}

// Parse reads src, the content of a department's file. name is the file's path for messages. Its last part without .yaml
// must be the department's name. Every error is of the type Errors.
func Parse(name string, src []byte) (*Department, error) {
	return yamlschema.Decode(name, src, fileKeys(), keyHints())
}

func read(path string) ([]byte, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the department's file: %w", err)
	}
	return src, nil
}

// List returns the names of the departments that have a file in dir, sorted. A file that ends in .yml is an error: oralake
// does not read it, and its author would expect that.
func List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list the departments: %w", err)
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || strings.HasPrefix(name, ".") {
			continue
		}
		if stem, ok := strings.CutSuffix(name, ".yml"); ok {
			return nil, fmt.Errorf("list the departments: %s ends in .yml; rename it to %s%s",
				filepath.Join(dir, name), stem, extension)
		}
		if stem, ok := strings.CutSuffix(name, extension); ok {
			names = append(names, stem)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Find returns the path of the file in dir of the department called name. If there is no such department, or name is
// empty, the error is a NotFound.
func Find(dir, name string) (string, error) {
	path := FilePath(dir, name)
	if name != "" && filepath.Base(name) == name && name[0] != '.' {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, nil // a wrong file of another department must not fail Find
		}
	}
	known, err := List(dir)
	if err != nil {
		return "", err
	}
	if !slices.Contains(known, name) {
		return "", NotFound{Dir: dir, Name: name, Known: known}
	}
	return path, nil
}

// FilePath returns the path of the file in dir of a department called name. The file may not exist.
func FilePath(dir, name string) string { return filepath.Join(dir, name+extension) }

// NotFound is the error of Find if no department has the name.
type NotFound struct {
	Dir   string
	Name  string   // empty if no name was given
	Known []string // the departments of Dir
}

// Error returns one line that names the departments of the folder.
func (e NotFound) Error() string {
	what := "no department was named"
	if e.Name != "" {
		what = fmt.Sprintf("there is no department %s", yamlschema.Quoted(e.Name))
	}
	if len(e.Known) == 0 {
		return fmt.Sprintf("%s: %s has no .yaml file; write one", what, e.Dir)
	}
	choices := yamlschema.Listed(e.Known, "and")
	if near := yamlschema.Nearest(e.Name, e.Known); near != "" {
		return fmt.Sprintf("%s: %s has %s; did you mean %s?", what, e.Dir, choices, near)
	}
	return fmt.Sprintf("%s: %s has %s; choose one", what, e.Dir, choices)
}
