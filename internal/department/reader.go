package department

import (
	"regexp"

	"github.com/google/jsonschema-go/jsonschema"
)

// reader collects the problems of one file.
type reader struct {
	file     string
	problems Errors
	patterns map[string]*regexp.Regexp // those compiled so far
}

// matches says whether v has the form of one of our own patterns.
func (r *reader) matches(pattern, v string) bool {
	compiled, ok := r.patterns[pattern]
	if !ok {
		compiled = regexp.MustCompile(pattern)
		r.patterns[pattern] = compiled
	}
	return compiled.MatchString(v)
}

func (r *reader) report(at pos, what, fix string) {
	r.problems = append(r.problems, Problem{File: r.file, Line: at.line, Column: at.column, What: what, Fix: fix})
}

// refuse reports a fault of n, if there is one, and marks n so that nothing is built on it.
func (r *reader) refuse(n *node, f *fault) {
	if f == nil {
		return
	}
	n.bad = true
	r.report(n.pos, f.what, f.fix)
}

// shape says what a value in the file may be, once for both its uses: to read it, and to describe it to editors.
type shape[T any] interface {
	// read checks n and stores it. It reports every problem and leaves alone what it cannot read.
	read(r *reader, n *node, into *T)
	// absent stores the defaults that hold when the value is not in the file.
	absent(into *T)
	// schema describes the value. It accepts all that read does; read may accept less.
	schema() *jsonschema.Schema
}
