// Package yamlschema decodes a YAML file strictly into Go values and describes the same file as a JSON Schema, both from
// one description of its keys: a Type.
//
// Decode reports all mistakes of a file at once, each with its place and a fix. It accepts plain mappings, lists, text,
// numbers and booleans; anchors, aliases, tags, merge keys and duplicate keys are mistakes.
package yamlschema

import (
	"regexp"

	"github.com/google/jsonschema-go/jsonschema"
)

// Type describes a value of a file, for both uses: to decode it, and to describe it to editors.
type Type[T any] interface {
	// Decode checks n and stores its value. It reports every problem, and refuses a node whose value means nothing.
	Decode(d *Decoder, n *Node, into *T)
	// SetDefault stores what holds when the value is not in the file.
	SetDefault(into *T)
	// Schema describes the value. It accepts all that Decode accepts; Decode may accept less.
	Schema() *jsonschema.Schema
}

// Hints explain keys that a mapping does not have.
type Hints struct {
	// Refused is why a key that people know from elsewhere does not exist, or "". Nil for no such keys.
	Refused func(key string) string
	// Home is where in the file a key belongs, in words that follow "it belongs in", or "". Nil for no such hints.
	Home func(key string) string
}

// Decode reads src, the content of the file called name, as a value of type of. The name appears in messages. Every
// error is of the type Errors.
func Decode[T any](name string, src []byte, of Type[T], hints Hints) (*T, error) {
	value, problems := DecodePart(name, src, of, hints)
	if len(problems) > 0 {
		return nil, problems
	}
	return value, nil
}

// DecodePart is Decode that also returns what it could read of a wrong file.
func DecodePart[T any](name string, src []byte, of Type[T], hints Hints) (*T, Errors) {
	d := &Decoder{file: name, hints: hints, patterns: map[string]*regexp.Regexp{}}
	value := new(T)
	if root := d.parse(src); root != nil {
		of.Decode(d, root, value)
	}
	return value, d.problems.sorted()
}

// Decoder collects the problems of one file.
type Decoder struct {
	file     string
	hints    Hints
	problems Errors
	patterns map[string]*regexp.Regexp // those compiled so far
}

// File is the file's name, as given to Decode.
func (d *Decoder) File() string { return d.file }

// Report records a problem at a place of the file.
func (d *Decoder) Report(at Pos, what, fix string) {
	d.problems = append(d.problems, Problem{File: d.file, Line: at.Line, Column: at.Column, What: what, Fix: fix})
}

// Refuse records f, if it is not nil, at the place of n, and marks n as refused: later checks must not rely on its value.
func (d *Decoder) Refuse(n *Node, f *Fault) {
	if f == nil {
		return
	}
	n.refused = true
	d.Report(n.Pos, f.What, f.Fix)
}

// matches reports whether v matches pattern, which belongs to a Type and must compile.
func (d *Decoder) matches(pattern, v string) bool {
	compiled, ok := d.patterns[pattern]
	if !ok {
		compiled = regexp.MustCompile(pattern)
		d.patterns[pattern] = compiled
	}
	return compiled.MatchString(v)
}
