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

// Type describes a value of a file. Decode and the JSON Schema both use it.
type Type[T any] interface {
	// Decode checks n and stores its value. It reports every problem, and refuses a node that has no valid value.
	Decode(d *Decoder, n *Node, into *T)
	// SetDefault stores the value that applies if the file does not have the key.
	SetDefault(into *T)
	// Schema describes the value. It accepts all that Decode accepts; Decode may accept less.
	Schema() *jsonschema.Schema
}

// Hints explain unknown keys. A nil function gives no hints.
type Hints struct {
	// Refused returns why a well-known setting is not a key of the file, or "".
	Refused func(key string) string
	// Home returns the part of the file that has the key, in words that follow "it belongs in", or "".
	Home func(key string) string
}

// Decode reads src, the content of a file, as the value that of describes. name is the file's name in messages. Every
// error is of the type Errors.
func Decode[T any](name string, src []byte, of Type[T], hints Hints) (*T, error) {
	value, problems := DecodePart(name, src, of, hints)
	if len(problems) > 0 {
		return nil, problems
	}
	return value, nil
}

// DecodePart decodes like Decode, and also returns the valid parts of a wrong file.
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
	patterns map[string]*regexp.Regexp // the compiled patterns
}

// File returns the file's name, as given to Decode.
func (d *Decoder) File() string { return d.file }

// Report records a problem at a place of the file.
func (d *Decoder) Report(at Pos, what, fix string) {
	d.problems = append(d.problems, Problem{File: d.file, Line: at.Line, Column: at.Column, What: what, Fix: fix})
}

// Refuse records f at the place of n and marks n as refused. Later checks must not use the value of a refused node. A nil
// f changes nothing.
func (d *Decoder) Refuse(n *Node, f *Fault) {
	if f == nil {
		return
	}
	n.refused = true
	d.Report(n.Pos, f.What, f.Fix)
}

// matches reports whether v matches the pattern of a Type. It panics if the pattern does not compile.
func (d *Decoder) matches(pattern, v string) bool {
	compiled, ok := d.patterns[pattern]
	if !ok {
		compiled = regexp.MustCompile(pattern)
		d.patterns[pattern] = compiled
	}
	return compiled.MatchString(v)
}
