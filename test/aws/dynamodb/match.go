package dynamodb

import (
	"slices"
	"strings"
)

// holds says whether an item, which may be one that is not there, fulfils a condition. A nil condition always holds.
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
		_, there := c.operands[0].eval(in)
		return there == (c.op == "attribute_exists")
	}
	values := make([]value, len(c.operands))
	for i, o := range c.operands {
		v, there := o.eval(in)
		if !there {
			// Only "is not" is true of what is missing.
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
