package yamlschema

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"
)

// Field is a key of a mapping: its name, its description, and the place of its value in T.
type Field[T any] struct {
	name       string
	doc        string
	example    string // a valid value, for the fix of a missing key
	required   bool
	decode     func(d *Decoder, n *Node, into *T)
	setDefault func(into *T)
	schema     func() *jsonschema.Schema
}

// Optional returns a key that may be missing. doc is its description for editors. where returns the place of its value in
// T. If several keys set the same value, the place may be all of T.
func Optional[T, V any](name, doc string, of Type[V], where func(*T) *V) Field[T] {
	return Field[T]{
		name: name, doc: doc,
		decode:     func(d *Decoder, n *Node, into *T) { of.Decode(d, n, where(into)) },
		setDefault: func(into *T) { of.SetDefault(where(into)) },
		schema:     of.Schema,
	}
}

// Required returns a key that must be present. example is a valid value, for the fix of a missing key.
func Required[T, V any](name, example, doc string, of Type[V], where func(*T) *V) Field[T] {
	f := Optional(name, doc, of, where)
	f.required, f.example = true, example
	f.setDefault = func(*T) {}
	return f
}

// WithDefault returns a key whose value is fallback if the key is missing.
func WithDefault[T, V any](name string, fallback V, doc string, of Type[V], where func(*T) *V) Field[T] {
	f := Optional(name, doc, of, where)
	f.setDefault = func(into *T) { *where(into) = fallback }
	f.schema = func() *jsonschema.Schema {
		s := of.Schema()
		s.Default, _ = json.Marshal(fallback) // cannot fail: fallback is text, a number or a boolean
		return s
	}
	return f
}

// Mapping is a mapping with known keys.
type Mapping[T any] struct {
	Fields  []Field[T]
	Example string // a valid mapping, for messages
	// OneOf are sets of keys. Exactly one key of each set must be present.
	OneOf [][]string
	// Check checks the whole mapping after its keys were decoded. Keys of n may be missing or refused. It may be nil.
	Check func(d *Decoder, n *Node, v *T)
}

// Decode decodes the keys of n, reports unknown and missing ones, and calls Check.
func (t Mapping[T]) Decode(d *Decoder, n *Node, into *T) {
	t.SetDefault(into)
	if n.refused {
		return
	}
	switch n.Kind {
	case KindMapping:
	case KindNull:
		d.Refuse(n, Faultf("write "+t.Example, "%s has no value", n.Label()))
		return
	default:
		d.Refuse(n, Faultf("write "+t.Example, "%s is %s, not a mapping", n.Label(), n.Shown()))
		return
	}
	var meant []string // known keys that the file misspells; they do not count as missing
	for _, e := range n.Entries {
		i := slices.IndexFunc(t.Fields, func(f Field[T]) bool { return f.name == e.Key })
		if i < 0 {
			f, near := t.unknown(d, e.Key, n)
			d.Report(e.Pos, f.What, f.Fix)
			meant = append(meant, near)
			continue
		}
		if e.Value.Kind == KindNull && !e.Value.refused {
			d.Refuse(e.Value, Faultf("write its value, or remove the line", "%s has no value", e.Value.Label()))
			continue
		}
		t.Fields[i].decode(d, e.Value, into)
	}
	for _, f := range t.Fields {
		if f.required && n.Get(f.name) == nil && !slices.Contains(meant, f.name) {
			d.Report(n.Pos, fmt.Sprintf("%s has no %s", n.Label(), f.name), "add "+f.name+": "+f.example)
		}
	}
	for _, keys := range t.OneOf {
		d.one(n, keys, meant)
	}
	if t.Check != nil {
		t.Check(d, n, into)
	}
}

// one reports a problem unless exactly one of keys is in n. It reports no missing key if an unknown key is probably a
// misspelling of one of keys.
func (d *Decoder) one(n *Node, keys, meant []string) {
	var present []Entry
	for _, e := range n.Entries {
		if slices.Contains(keys, e.Key) {
			present = append(present, e)
		}
	}
	switch {
	case len(present) == 0 && slices.ContainsFunc(meant, func(k string) bool { return slices.Contains(keys, k) }):
	case len(present) == 0:
		d.Report(n.Pos, fmt.Sprintf("%s has none of %s", n.Label(), Listed(keys, "and")), "add one of them")
	case len(present) > 1:
		d.Report(present[1].Pos, fmt.Sprintf("%s has both %s (line %d) and %s: they exclude each other", n.Label(),
			present[0].Key, present[0].Line, present[1].Key), "remove one of them")
	}
}

// SetDefault stores the defaults of all keys.
func (t Mapping[T]) SetDefault(into *T) {
	for _, f := range t.Fields {
		f.setDefault(into)
	}
}

// Keys returns the names of the keys, in the order of Fields.
func (t Mapping[T]) Keys() []string {
	keys := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		keys[i] = f.name
	}
	return keys
}

// Schema is an object with these properties and no others.
func (t Mapping[T]) Schema() *jsonschema.Schema {
	out := &jsonschema.Schema{
		Type: "object", Properties: map[string]*jsonschema.Schema{}, PropertyOrder: t.Keys(),
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for _, f := range t.Fields {
		p := f.schema()
		p.Description = f.doc
		out.Properties[f.name] = p
		if f.required {
			out.Required = append(out.Required, f.name)
		}
	}
	for _, keys := range t.OneOf {
		one := &jsonschema.Schema{}
		for _, key := range keys {
			one.OneOf = append(one.OneOf, &jsonschema.Schema{Required: []string{key}})
		}
		out.AllOf = append(out.AllOf, one)
	}
	return out
}
