package asl

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Rule is one entry of a Choice state's Choices, or a condition inside And, Or and Not.
type Rule struct {
	// Next names the state that follows when the rule matches. It is empty inside And, Or and Not.
	Next string
	test func(input, context any) (bool, error)
}

// Matches reports whether the rule matches. An error is an *Error.
func (r Rule) Matches(input, context any) (bool, error) { return r.test(input, context) }

func parseRule(v any, top bool) (Rule, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return Rule{}, fmt.Errorf("a rule is %s, want an object", jsonType(v))
	}
	object = maps.Clone(object)
	delete(object, "Comment")
	var rule Rule
	next, hasNext := object["Next"]
	delete(object, "Next")
	if hasNext != top {
		return rule, fmt.Errorf("the field Next belongs to each rule of Choices; no rule inside And, Or or Not has it")
	}
	if rule.Next, ok = next.(string); hasNext && !ok {
		return rule, fmt.Errorf("the field Next is %s, want the name of a state", jsonType(next))
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
	// And and Or stop at the first rule that decides the result. So an IsPresent can protect the rules after it.
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
		return nil, fmt.Errorf("the field Variable is %s, want a path", jsonType(variable))
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
			return nil, fmt.Errorf("IsPresent is %s, want true or false", jsonType(object[operator]))
		}
		return func(input, context any) (bool, error) {
			_, present := path.Get(input, context)
			return present == want, nil
		}, nil
	}
	if operator != "StringEquals" {
		return nil, fmt.Errorf("the embedded AWS does not implement the comparison %s, only IsPresent and StringEquals", operator)
	}
	want, ok := object[operator].(string)
	if !ok {
		return nil, fmt.Errorf("StringEquals is %s, want a string", jsonType(object[operator]))
	}
	return func(input, context any) (bool, error) {
		v, err := lookUp(path, input, context)
		return err == nil && v == want, err
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
