package yamlschema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a file.
type Problem struct {
	File   string // as given to Decode
	Line   int    // from 1
	Column int    // from 1, in characters
	What   string // what is wrong, and why
	Fix    string // what to write instead
}

// Error returns the problem on one line, as FILE:LINE:COLUMN: WHAT; FIX. Editors and terminals turn the place into a link.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s; %s", p.File, p.Line, p.Column, p.What, p.Fix)
}

// Errors are all problems of a file, in the order of the file.
type Errors []Problem

// Error returns one line for each problem.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted returns the problems in the order of the file, without duplicates.
func (e Errors) sorted() Errors {
	slices.SortStableFunc(e, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(e)
}

// Fault is a Problem without its place: what is wrong with a value, and how to fix it.
type Fault struct{ What, Fix string }

// Faultf returns a Fault. It formats What like fmt.Sprintf.
func Faultf(fix, what string, args ...any) *Fault {
	return &Fault{What: fmt.Sprintf(what, args...), Fix: fix}
}
