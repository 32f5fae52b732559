package dynamodb

import (
	"slices"
	"strings"
)

// holds reports whether a condition is true for an item. A nil item does not exist. A nil condition is always true.
func (c *condition) holds(in item) bool {
	if c == nil {
		return true
	}
	switch c.op {
	case "and":
		return !slices.ContainsFunc(c.inside, func(part condition) bool { return !part.holds(in) })
	case "or":
		return slices.ContainsFunc(c.inside, func(part condition) bool { return part.holds(in) })
	case "not":
		return !c.inside[0].holds(in)
	case "attribute_exists", "attribute_not_exists":
		_, exists := c.operands[0].eval(in)
		return exists == (c.op == "attribute_exists")
	}
	values := make([]value, len(c.operands))
	for i, o := range c.operands {
		v, exists := o.eval(in)
		if !exists {
			// For a missing attribute, only <> is true.
			return c.op == "<>"
		}
		values[i] = v
	}
	return compare(c.op, values)
}

func compare(op string, v []value) bool {
	switch op {
	case "=":
		return v[0].equal(v[1])
	case "<>":
		return !v[0].equal(v[1])
	case "in":
		return slices.ContainsFunc(v[1:], v[0].equal)
	case "attribute_type":
		return v[1].kind == stringKind && kind(v[1].text) == v[0].kind
	case "begins_with":
		return (v[0].kind == stringKind || v[0].kind == binaryKind) && v[0].kind == v[1].kind &&
			strings.HasPrefix(v[0].text, v[1].text)
	case "contains":
		return v[0].contains(v[1])
	case "between":
		return v[0].ordered(v[1]) && v[0].ordered(v[2]) && v[0].compare(v[1]) >= 0 && v[0].compare(v[2]) <= 0
	}
	if !v[0].ordered(v[1]) {
		return false
	}
	switch d := v[0].compare(v[1]); op {
	case "<":
		return d < 0
	case "<=":
		return d <= 0
	case ">":
		return d > 0
	default:
		return d >= 0
	}
}
