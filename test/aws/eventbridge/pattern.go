package eventbridge

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// pattern says which events a rule is about: all of its fields must match. Source:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
type pattern struct {
	fields map[string]field
}

// field is what a pattern wants of one field: a nested pattern, or one of several values.
type field struct {
	nested *pattern
	values []any
}

func badPattern(format string, args ...any) *gateway.Error {
	e := gateway.Errorf("InvalidEventPatternException", format, args...)
	e.Message = "Event pattern is not valid. Reason: " + e.Message
	return e
}

// parsePattern reads a pattern. Its error is InvalidEventPatternException, or a refusal that names the operator that is
// not implemented.
func parsePattern(text []byte) (*pattern, error) {
	v, err := decode(text)
	if err != nil {
		return nil, badPattern("%v", err)
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, badPattern("Filter is not an object")
	}
	return newPattern("", object)
}

func newPattern(at string, object map[string]any) (*pattern, error) {
	if len(object) == 0 {
		return nil, badPattern("Empty objects are not allowed%s", place(at))
	}
	p := &pattern{fields: map[string]field{}}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if strings.HasPrefix(name, "$") {
			return nil, gateway.NotImplemented("the operator " + name + " of event patterns" + place(at))
		}
		f, err := newField(strings.TrimPrefix(at+"."+name, "."), object[name])
		if err != nil {
			return nil, err
		}
		p.fields[name] = f
	}
	return p, nil
}

func place(at string) string {
	if at == "" {
		return ""
	}
	return " at " + at
}

func newField(at string, v any) (field, error) {
	switch v := v.(type) {
	case map[string]any:
		nested, err := newPattern(at, v)
		return field{nested: nested}, err
	case []any:
		if len(v) == 0 {
			return field{}, badPattern("Empty arrays are not allowed%s", place(at))
		}
		for _, element := range v {
			if err := checkValue(at, element); err != nil {
				return field{}, err
			}
		}
		return field{values: v}, nil
	}
	return field{}, badPattern("%q must be an object or an array", at)
}

// checkValue refuses what is no value in a pattern's array: operators, by name.
func checkValue(at string, v any) error {
	switch v := v.(type) {
	case []any:
		return badPattern("Match value must be String, number, true, false, or null%s", place(at))
	case map[string]any:
		if len(v) != 1 {
			return badPattern("Only one key allowed in match expression%s", place(at))
		}
		for name := range v {
			return gateway.NotImplemented("the operator " + name + " of event patterns" + place(at))
		}
	}
	return nil
}

// same compares two JSON scalars as they are written.
func same(a, b any) bool {
	if a, isNumber := a.(json.Number); isNumber {
		b, isNumber := b.(json.Number)
		return isNumber && a.String() == b.String()
	}
	return a == b
}

// matches says whether a document has all that the pattern wants.
func (p *pattern) matches(document any) bool {
	object, _ := document.(map[string]any)
	for name, f := range p.fields {
		value, present := object[name]
		if !f.matches(value, present) {
			return false
		}
	}
	return true
}

func (f field) matches(value any, present bool) bool {
	if f.nested != nil {
		if elements, isArray := value.([]any); isArray {
			return slices.ContainsFunc(elements, f.nested.matches)
		}
		return f.nested.matches(value)
	}
	return present && slices.ContainsFunc(scalars(nil, value), func(v any) bool {
		return slices.ContainsFunc(f.values, func(wanted any) bool { return same(v, wanted) })
	})
}

// scalars adds the values at a leaf to all: an array stands for each of its elements, and an object is no leaf.
func scalars(all []any, value any) []any {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			all = scalars(all, element)
		}
		return all
	case map[string]any:
		return all
	}
	return append(all, value)
}
