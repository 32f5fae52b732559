package asl

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Rule is one entry of a Choice state's Choices, or a condition inside And, Or and Not.
type Rule struct {
	// Next is where a matching rule leads; empty inside And, Or and Not.
	Next string
	test func(input, context any) (bool, error)
}

// Matches tests the rule. The error is an *Error.
func (r Rule) Matches(input, context any) (bool, error) { return r.test(input, context) }

func parseRule(v any, top bool) (Rule, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return Rule{}, fmt.Errorf("a rule is an object, this is %s", kind(v))
	}
	object = maps.Clone(object)
	delete(object, "Comment")
	var rule Rule
	next, hasNext := object["Next"]
	delete(object, "Next")
	if hasNext != top {
		return rule, fmt.Errorf("the field Next belongs to each rule of Choices, and to no rule inside And, Or or Not")
	}
	if rule.Next, ok = next.(string); hasNext && !ok {
		return rule, fmt.Errorf("the field Next is %s, want the name of a state", kind(next))
	}
	for _, unsupported := range []string{"Assign", "Condition", "Output"} {
		if _, used := object[unsupported]; used {
			return rule, fmt.Errorf("the embedded AWS does not implement %s in Choice rules", unsupported)
		}
	}
	var err error
	if variable, compares := object["Variable"]; compares {
		delete(object, "Variable")
		rule.test, err = parseComparison(variable, object)
	} else {
		rule.test, err = parseBoolean(object)
	}
	return rule, err
}

func parseBoolean(object map[string]any) (func(input, context any) (bool, error), error) {
	if len(object) != 1 {
		return nil, fmt.Errorf("want a Variable with one comparison, or one of And, Or and Not; found %s", names(object))
	}
	if not, ok := object["Not"]; ok {
		rule, err := parseRule(not, false)
		return func(input, context any) (bool, error) {
			matched, err := rule.test(input, context)
			return !matched, err
		}, err
	}
	operator := names(object)
	list, ok := object[operator].([]any)
	if operator != "And" && operator != "Or" {
		return nil, fmt.Errorf("unknown operator %s, or a comparison without Variable", operator)
	}
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("%s wants an array of at least one rule", operator)
	}
	rules := make([]Rule, len(list))
	for i := range list {
		var err error
		if rules[i], err = parseRule(list[i], false); err != nil {
			return nil, fmt.Errorf("%s[%d]: %w", operator, i, err)
		}
	}
	// Both stop at the first rule that decides, so that IsPresent can guard what follows it.
	return func(input, context any) (bool, error) {
		for _, rule := range rules {
			matched, err := rule.test(input, context)
			if err != nil || matched == (operator == "Or") {
				return matched, err
			}
		}
		return operator == "And", nil
	}, nil
}

func names(object map[string]any) string {
	return strings.Join(slices.Sorted(maps.Keys(object)), ", ")
}

func parseComparison(variable any, object map[string]any) (func(input, context any) (bool, error), error) {
	text, ok := variable.(string)
	if !ok {
		return nil, fmt.Errorf("the field Variable is %s, want a path", kind(variable))
	}
	path, err := ParsePath(text)
	if err != nil {
		return nil, err
	}
	if len(object) != 1 {
		return nil, fmt.Errorf("want one comparison with Variable %s; found %s", path, names(object))
	}
	operator := names(object)
	if operator == "IsPresent" {
		want, ok := object[operator].(bool)
		if !ok {
			return nil, fmt.Errorf("IsPresent is %s, want true or false", kind(object[operator]))
		}
		return func(input, context any) (bool, error) {
			_, present := path.Get(input, context)
			return present == want, nil
		}, nil
	}
	compare, err := parseOperator(operator, object[operator])
	if err != nil {
		return nil, err
	}
	return func(input, context any) (bool, error) {
		v, err := lookUp(path, input, context)
		if err != nil {
			return false, err
		}
		return compare(v, input, context)
	}, nil
}

func lookUp(path Path, input, context any) (any, error) {
	v, ok := path.Get(input, context)
	if !ok {
		return nil, errorf(ErrRuntime,
			"Invalid path '%s': The choice state's condition path references an invalid value.", path)
	}
	return v, nil
}

type comparison func(v, input, context any) (bool, error)

var typeTests = map[string]func(v any) bool{
	"IsNull":      func(v any) bool { return v == nil },
	"IsNumeric":   func(v any) bool { _, ok := v.(json.Number); return ok },
	"IsString":    func(v any) bool { _, ok := v.(string); return ok },
	"IsBoolean":   func(v any) bool { _, ok := v.(bool); return ok },
	"IsTimestamp": func(v any) bool { _, ok := timestamp(v); return ok },
}

// relations holds the orders that a comparison accepts: -1 less, 0 equal, 1 greater.
var relations = map[string][]int{
	"Equals": {0}, "LessThan": {-1}, "GreaterThan": {1}, "LessThanEquals": {-1, 0}, "GreaterThanEquals": {0, 1},
}

func parseOperator(operator string, operand any) (comparison, error) {
	if test, ok := typeTests[operator]; ok {
		want, ok := operand.(bool)
		if !ok {
			return nil, fmt.Errorf("%s is %s, want true or false", operator, kind(operand))
		}
		return func(v, _, _ any) (bool, error) { return test(v) == want, nil }, nil
	}
	if operator == "StringMatches" {
		return parseMatches(operand)
	}
	base, byPath := strings.CutSuffix(operator, "Path")
	for kindName, order := range orders {
		relation, ok := strings.CutPrefix(base, kindName)
		accepted, known := relations[relation]
		if !ok || !known || kindName == "Boolean" && relation != "Equals" {
			continue
		}
		if !byPath {
			if _, ok := order(operand, operand); !ok {
				return nil, fmt.Errorf("%s is %s, which is no %s", operator, Text(operand), strings.ToLower(kindName))
			}
			return func(v, _, _ any) (bool, error) {
				o, ok := order(v, operand)
				return ok && slices.Contains(accepted, o), nil
			}, nil
		}
		text, _ := operand.(string)
		path, err := ParsePath(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", operator, err)
		}
		return func(v, input, context any) (bool, error) {
			other, err := lookUp(path, input, context)
			if err != nil {
				return false, err
			}
			o, ok := order(v, other)
			return ok && slices.Contains(accepted, o), nil
		}, nil
	}
	return nil, fmt.Errorf("unknown comparison %s", operator)
}

// orders compares two values of one kind; false when either is of another kind, which no comparison accepts.
var orders = map[string]func(a, b any) (int, bool){
	"String": func(a, b any) (int, bool) {
		x, okX := a.(string)
		y, okY := b.(string)
		return strings.Compare(x, y), okX && okY
	},
	"Numeric": func(a, b any) (int, bool) {
		x, okX := number(a)
		y, okY := number(b)
		switch {
		case x < y:
			return -1, okX && okY
		case x > y:
			return 1, okX && okY
		}
		return 0, okX && okY
	},
	"Boolean": func(a, b any) (int, bool) {
		x, okX := a.(bool)
		y, okY := b.(bool)
		if x == y {
			return 0, okX && okY
		}
		return 1, okX && okY
	},
	"Timestamp": func(a, b any) (int, bool) {
		x, okX := timestamp(a)
		y, okY := timestamp(b)
		return x.Compare(y), okX && okY
	},
}

func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

func timestamp(v any) (time.Time, bool) {
	text, ok := v.(string)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, text)
	return t, err == nil
}

// parseMatches prepares StringMatches: * stands for any text, \* and \\ for themselves.
func parseMatches(operand any) (comparison, error) {
	pattern, ok := operand.(string)
	if !ok {
		return nil, fmt.Errorf("StringMatches is %s, want a string", kind(operand))
	}
	pieces := []string{""}
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '*':
			pieces = append(pieces, "")
			continue
		case pattern[i] == '\\':
			i++
			if i == len(pattern) || pattern[i] != '*' && pattern[i] != '\\' {
				return nil, fmt.Errorf(`StringMatches %q: a backslash stands only before * or another backslash`, pattern)
			}
		}
		pieces[len(pieces)-1] += pattern[i : i+1]
	}
	return func(v, _, _ any) (bool, error) {
		text, ok := v.(string)
		return ok && matchPieces(pieces, text), nil
	}, nil
}

func matchPieces(pieces []string, text string) bool {
	if len(pieces) == 1 {
		return text == pieces[0]
	}
	first, last := pieces[0], pieces[len(pieces)-1]
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, piece := range pieces[1 : len(pieces)-1] {
		_, after, ok := strings.Cut(text, piece)
		if !ok {
			return false
		}
		text = after
	}
	return true
}
