package dynamodb

import (
	"maps"
	"slices"
	"strings"
)

// placeholders are the names and values that expressions use. A request that does not use all of them is refused.
type placeholders struct {
	names  map[string]string
	values map[string]value
	used   map[string]bool
}

func newPlaceholders(names map[string]string, values map[string]value, expressions ...*string) (*placeholders, error) {
	given := slices.ContainsFunc(expressions, func(e *string) bool { return e != nil })
	switch {
	case names != nil && !given:
		return nil, invalid("ExpressionAttributeNames can only be specified when using expressions")
	case values != nil && !given:
		return nil, invalid("ExpressionAttributeValues can only be specified when using expressions")
	case names != nil && len(names) == 0:
		return nil, invalid("ExpressionAttributeNames must not be empty")
	case values != nil && len(values) == 0:
		return nil, invalid("ExpressionAttributeValues must not be empty")
	}
	for _, e := range expressions {
		if e != nil && strings.TrimSpace(*e) == "" {
			return nil, invalid("Invalid expression: The expression can not be empty;")
		}
	}
	for name := range names {
		if !wellFormed(name, '#') {
			return nil, invalid("ExpressionAttributeNames contains invalid key: Syntax error; key: %q", name)
		}
	}
	for name := range values {
		if !wellFormed(name, ':') {
			return nil, invalid("ExpressionAttributeValues contains invalid key: Syntax error; key: %q", name)
		}
	}
	return &placeholders{names: names, values: values, used: map[string]bool{}}, nil
}

func wellFormed(placeholder string, sign byte) bool {
	return len(placeholder) > 1 && placeholder[0] == sign &&
		!strings.ContainsFunc(placeholder[1:], func(c rune) bool { return !wordRune(c) })
}

// allUsed refuses unused placeholders. Call it after all expressions are parsed.
func (p *placeholders) allUsed() error {
	if unused := p.unused(maps.Keys(p.names)); unused != "" {
		return invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", unused)
	}
	if unused := p.unused(maps.Keys(p.values)); unused != "" {
		return invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", unused)
	}
	return nil
}

func (p *placeholders) unused(keys func(yield func(string) bool)) string {
	var all []string
	for key := range keys {
		if !p.used[key] {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
