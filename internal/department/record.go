package department

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// field is a key of a mapping: its name, what it means, and where its value goes.
type field[T any] struct {
	name     string
	doc      string
	example  string // how a person might write it, for the fix of a missing key
	required bool
	read     func(r *reader, n *node, into *T)
	absent   func(into *T)
	schema   func() *jsonschema.Schema
}

// optional is a key that may be left out. Where its value goes may be the whole of T, when several keys share a place.
func optional[T, V any](name, doc string, of shape[V], where func(*T) *V) field[T] {
	return field[T]{
		name: name, doc: doc,
		read:   func(r *reader, n *node, into *T) { of.read(r, n, where(into)) },
		absent: func(into *T) { of.absent(where(into)) },
		schema: of.schema,
	}
}

// required is a key that must be there.
func required[T, V any](name, example, doc string, of shape[V], where func(*T) *V) field[T] {
	f := optional(name, doc, of, where)
	f.required, f.example = true, example
	f.absent = func(*T) {}
	return f
}

// defaulted is a key with a value of its own when it is left out.
func defaulted[T, V any](name string, fallback V, doc string, of shape[V], where func(*T) *V) field[T] {
	f := optional(name, doc, of, where)
	f.absent = func(into *T) { *where(into) = fallback }
	f.schema = func() *jsonschema.Schema {
		s := of.schema()
		s.Default, _ = json.Marshal(fallback) // strings, numbers and flags only
		return s
	}
	return f
}

// record is a mapping with known keys.
type record[T any] struct {
	fields  []field[T]
	example string // the mapping as a person might begin to write it
	// choices are sets of keys of which exactly one key must be there.
	choices [][]string
	// check looks at the whole after its keys were read; nil for none.
	check func(r *reader, n *node, v *T)
}

func (s record[T]) read(r *reader, n *node, into *T) {
	s.absent(into)
	if n.bad {
		return
	}
	switch n.kind {
	case mapping:
	case nothing:
		r.refuse(n, faultf("write "+s.example, "%s has no value", n.label()))
		return
	default:
		r.refuse(n, faultf("write "+s.example, "%s is %s, not a mapping", n.label(), n.shown()))
		return
	}
	var meant []string // known keys that were probably meant by unknown ones: they are not missing as well
	for _, e := range n.entries {
		i := slices.IndexFunc(s.fields, func(f field[T]) bool { return f.name == e.key })
		if i < 0 {
			f, near := s.unknown(e.key, n)
			r.report(e.pos, f.what, f.fix)
			meant = append(meant, near)
			continue
		}
		if e.value.kind == nothing && !e.value.bad {
			r.refuse(e.value, faultf("write its value, or remove the line", "%s has no value", e.value.label()))
			continue
		}
		s.fields[i].read(r, e.value, into)
	}
	for _, f := range s.fields {
		if f.required && n.get(f.name) == nil && !slices.Contains(meant, f.name) {
			r.report(n.pos, fmt.Sprintf("%s has no %s", n.label(), f.name), "add "+f.name+": "+f.example)
		}
	}
	for _, keys := range s.choices {
		r.one(n, keys, meant)
	}
	if s.check != nil {
		s.check(r, n, into)
	}
}

// one reports when not exactly one of keys is in n, where none is enough if one was meant.
func (r *reader) one(n *node, keys, meant []string) {
	var there []entry
	for _, e := range n.entries {
		if slices.Contains(keys, e.key) {
			there = append(there, e)
		}
	}
	switch {
	case len(there) == 0 && slices.ContainsFunc(meant, func(k string) bool { return slices.Contains(keys, k) }):
	case len(there) == 0:
		r.report(n.pos, fmt.Sprintf("%s has none of %s", n.label(), listed(keys, "and")), "add one of them")
	case len(there) > 1:
		r.report(there[1].pos, fmt.Sprintf("%s has both %s and %s: they exclude each other", n.label(),
			there[0].key, there[1].key), "remove one of them")
	}
}

func (s record[T]) absent(into *T) {
	for _, f := range s.fields {
		f.absent(into)
	}
}

func (s record[T]) keys() []string {
	keys := make([]string, len(s.fields))
	for i, f := range s.fields {
		keys[i] = f.name
	}
	return keys
}

func (s record[T]) schema() *jsonschema.Schema {
	out := &jsonschema.Schema{
		Type: "object", Properties: map[string]*jsonschema.Schema{}, PropertyOrder: s.keys(),
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for _, f := range s.fields {
		p := f.schema()
		p.Description = f.doc
		out.Properties[f.name] = p
		if f.required {
			out.Required = append(out.Required, f.name)
		}
	}
	for _, keys := range s.choices {
		one := &jsonschema.Schema{}
		for _, key := range keys {
			one.OneOf = append(one.OneOf, &jsonschema.Schema{Required: []string{key}})
		}
		out.AllOf = append(out.AllOf, one)
	}
	return out
}

// listed is "a, b and c".
func listed(words []string, conjunction string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}
