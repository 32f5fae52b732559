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
	What   string // what is wrong, and why it is
	Fix    string // what to write instead
}

// Error is the problem in one line, in the form that editors and terminals turn into a link.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s; %s", p.File, p.Line, p.Column, p.What, p.Fix)
}

// Errors are all the problems of a file, in the order of the file.
type Errors []Problem

// Error has a line per problem.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted puts the problems in the order of the file and drops those that were found twice.
func (e Errors) sorted() Errors {
	slices.SortStableFunc(e, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(e)
}

// Fault is what is wrong with a value and how to fix it: a Problem without its place.
type Fault struct{ What, Fix string }

// Faultf is a Fault whose What is formatted as fmt.Sprintf does.
func Faultf(fix, what string, args ...any) *Fault {
	return &Fault{What: fmt.Sprintf(what, args...), Fix: fix}
}
