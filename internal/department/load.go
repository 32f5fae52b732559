package department

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	// The time zones are part of the program, so that a file is judged alike on every machine.
	_ "time/tzdata"
)

// extension of a department's file.
const extension = ".yaml"

// Load reads the department's file at path. The error is of the type Errors when the content is wrong, and another when
// there is nothing to read.
func Load(path string) (*Department, error) {
	src, err := read(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, src)
}

// Parse is Load for content that is already there. The name is the file's: it appears in messages, and its last part
// without .yaml must be the department's. Every error is of the type Errors.
func Parse(name string, src []byte) (*Department, error) {
	d, problems := parse(name, src)
	if len(problems) > 0 {
		return nil, problems
	}
	return d, nil
}

// parse is Parse that also returns what it could read of a wrong file.
func parse(name string, src []byte) (*Department, Errors) {
	r := &reader{file: name, patterns: map[string]*regexp.Regexp{}}
	d := &Department{}
	if root := r.parseYAML(src); root != nil {
		fileShape().read(r, root, d)
	}
	return d, r.problems.sorted()
}

func read(path string) ([]byte, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the department's file: %w", err)
	}
	return src, nil
}

// List gives the names of the departments that have a file in dir, sorted. A file ending in .yml is an error, since it
// would be overlooked otherwise.
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
			return nil, fmt.Errorf("list the departments: %s ends in .yml: rename it to %s%s",
				filepath.Join(dir, name), stem, extension)
		}
		if stem, ok := strings.CutSuffix(name, extension); ok {
			names = append(names, stem)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Find gives the path of the file of the department called name in dir. The error is one line that names the
// departments there are; it is a NotFound when there is no such department, or when name is empty.
func Find(dir, name string) (string, error) {
	path := FilePath(dir, name)
	if name != "" && filepath.Base(name) == name && name[0] != '.' {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, nil // What else is in the folder does not matter to it.
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

// FilePath is the path of the file that a department called name has in dir.
func FilePath(dir, name string) string { return filepath.Join(dir, name+extension) }

// NotFound says that there is no department of the name that was asked for.
type NotFound struct {
	Dir   string
	Name  string   // empty when none was asked for
	Known []string // the departments there are
}

// Error is one line that names the departments there are.
func (e NotFound) Error() string {
	what := "no department was named"
	if e.Name != "" {
		what = fmt.Sprintf("there is no department %s", quoted(e.Name))
	}
	if len(e.Known) == 0 {
		return fmt.Sprintf("%s: %s has no .yaml file; write one", what, e.Dir)
	}
	choices := listed(e.Known, "and")
	if near := nearest(e.Name, e.Known); near != "" {
		return fmt.Sprintf("%s: %s has %s; did you mean %s?", what, e.Dir, choices, near)
	}
	return fmt.Sprintf("%s: %s has %s; choose one", what, e.Dir, choices)
}
