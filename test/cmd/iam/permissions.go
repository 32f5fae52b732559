package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/harness"
)

// permission is an action that the policies of a role allow.
type permission struct {
	role, action string
	reason       string   // why no scenario can miss it; empty if it must be used
	tests        []string // the scenarios that use it, the quickest first
	removed      bool     // whether it was taken away
	caught       string   // the scenario that fails without it
}

func (p *permission) name() string { return p.role + " " + p.action }

// exceptions is the committed list of permissions that no scenario can miss, as lines "ROLE ACTION: reason".
const exceptions = "test/cmd/iam/exceptions.txt"

// readPermissions reads the permissions of all roles of the golden templates of departments, and the list of exceptions.
func readPermissions() (all []*permission, err error) {
	files, err := filepath.Glob("test/templates/testdata/oralake-*.golden.json")
	if err != nil {
		return nil, err
	}
	reasons, err := readExceptions()
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, file := range files {
		template, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		actions, err := harness.Actions(template)
		if err != nil {
			return nil, fmt.Errorf("read the permissions of %s: %w", file, err)
		}
		for role, names := range actions {
			for _, action := range names {
				p := &permission{role: role, action: action}
				if known[p.name()] {
					continue
				}
				known[p.name()] = true
				p.reason = reasons[p.name()]
				all = append(all, p)
			}
		}
	}
	for name := range reasons {
		if !known[name] {
			return nil, fmt.Errorf("%s has %s, which no role has: delete the line", exceptions, name)
		}
	}
	slices.SortFunc(all, func(a, b *permission) int { return cmp.Compare(a.name(), b.name()) })
	return all, nil
}

func readExceptions() (map[string]string, error) {
	content, err := os.ReadFile(exceptions)
	if err != nil {
		return nil, err
	}
	reasons := map[string]string{}
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, ok := strings.Cut(line, ": ")
		if !ok || reason == "" {
			return nil, fmt.Errorf("%s: the line %q has not the form ROLE ACTION: reason", exceptions, line)
		}
		reasons[name] = reason
	}
	return reasons, nil
}
