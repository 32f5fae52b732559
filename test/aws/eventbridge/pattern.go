package eventbridge

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// pattern says which events a rule matches. All fields of the pattern must match. Source:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
type pattern struct {
	fields map[string]field
}

// field is the condition on one field of an event: it must match a nested pattern, or equal one of several values.
type field struct {
	nested *pattern
	values []any
}

func badPattern(format string, args ...any) *gateway.Error {
	e := gateway.Errorf("InvalidEventPatternException", format, args...)
	e.Message = "Event pattern is not valid. Reason: " + e.Message
	return e
}

// parsePattern reads a pattern. It returns an InvalidEventPatternException for an invalid pattern. For an operator that
// is not implemented, the error names the operator.
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
		return nil, badPattern("Empty objects are not allowed%s", atField(at))
	}
	p := &pattern{fields: map[string]field{}}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if strings.HasPrefix(name, "$") {
			return nil, gateway.NotImplemented("the operator " + name + " of event patterns" + atField(at))
		}
		f, err := newField(strings.TrimPrefix(at+"."+name, "."), object[name])
		if err != nil {
			return nil, err
		}
		p.fields[name] = f
	}
	return p, nil
}

func atField(at string) string {
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
			return field{}, badPattern("Empty arrays are not allowed%s", atField(at))
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

// checkValue returns an error for an element of a pattern's array that is not a scalar. The error names an operator.
func checkValue(at string, v any) error {
	switch v := v.(type) {
	case []any:
		return badPattern("Match value must be String, number, true, false, or null%s", atField(at))
	case map[string]any:
		if len(v) != 1 {
			return badPattern("Only one key allowed in match expression%s", atField(at))
		}
		for name := range v {
			return gateway.NotImplemented("the operator " + name + " of event patterns" + atField(at))
		}
	}
	return nil
}

// equalScalars compares two JSON scalars. It compares numbers as text.
func equalScalars(a, b any) bool {
	if a, isNumber := a.(json.Number); isNumber {
		b, isNumber := b.(json.Number)
		return isNumber && a.String() == b.String()
	}
	return a == b
}

// matches reports whether a document matches all fields of the pattern.
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
		return slices.ContainsFunc(f.values, func(wanted any) bool { return equalScalars(v, wanted) })
	})
}

// scalars appends the scalars of value to all. An array gives the scalars of its elements. An object gives none.
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
