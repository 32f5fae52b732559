package cloudformation

import (
	"maps"
	"reflect"
	"slices"
)

// rule is one entry of a template's Rules: assertions about the parameters.
type rule struct {
	RuleCondition any `json:"RuleCondition"`
	Assertions    []struct {
		Assert            any    `json:"Assert"`
		AssertDescription string `json:"AssertDescription"`
	} `json:"Assertions"`
}

// logic evaluates conditions, which may name each other, and rules.
type logic struct {
	scope    *scope
	declared map[string]any
	decided  map[string]bool
	deciding map[string]bool
}

// evaluateConditions decides every condition of a template.
func evaluateConditions(s *scope, declared map[string]any) (map[string]bool, error) {
	l := &logic{scope: s, declared: declared, decided: map[string]bool{}, deciding: map[string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		if _, err := l.named(name); err != nil {
			return nil, err
		}
	}
	return l.decided, nil
}

// checkRules finds the first assertion that the parameters break.
func checkRules(s *scope, rules map[string]rule) error {
	l := &logic{scope: s}
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		r := rules[name]
		if r.RuleCondition != nil {
			applies, err := l.holds(r.RuleCondition)
			if err != nil {
				return err
			}
			if !applies {
				continue
			}
		}
		for _, assertion := range r.Assertions {
			ok, err := l.holds(assertion.Assert)
			if err != nil {
				return err
			}
			if !ok {
				return validation("Template validation error: rule %s failed: %s", name, assertion.AssertDescription)
			}
		}
	}
	return nil
}

func (l *logic) named(name string) (bool, error) {
	if decided, ok := l.decided[name]; ok {
		return decided, nil
	}
	node, ok := l.declared[name]
	if !ok {
		return false, validation("Template format error: Unresolved condition dependency %s in the Conditions block", name)
	}
	if l.deciding[name] {
		return false, validation("Template format error: Circular dependency in the Conditions block at %s", name)
	}
	l.deciding[name] = true
	decided, err := l.holds(node)
	if err != nil {
		return false, err
	}
	l.decided[name] = decided
	return decided, nil
}

func (l *logic) holds(node any) (bool, error) {
	object, ok := node.(map[string]any)
	if !ok || len(object) != 1 {
		return false, validation("Template format error: a condition must be one condition function")
	}
	for function, argument := range object {
		if name, isText := argument.(string); function == "Condition" && isText {
			return l.named(name)
		}
		list, ok := argument.([]any)
		if !ok {
			return false, malformed(function, "a list")
		}
		return l.apply(function, list)
	}
	panic("unreachable: the object has one member")
}

func (l *logic) apply(function string, list []any) (bool, error) {
	switch function {
	case "Fn::Not":
		if len(list) != 1 {
			return false, malformed(function, "one condition")
		}
		holds, err := l.holds(list[0])
		return !holds, err
	case "Fn::And", "Fn::Or":
		if len(list) < 2 || len(list) > 10 {
			return false, malformed(function, "2 to 10 conditions")
		}
		all, some := true, false
		for _, node := range list {
			holds, err := l.holds(node)
			if err != nil {
				return false, err
			}
			all, some = all && holds, some || holds
		}
		return function == "Fn::And" && all || function == "Fn::Or" && some, nil
	}
	if len(list) != 2 {
		return false, malformed(function, "two values")
	}
	left, err := l.scope.evaluate(list[0])
	if err != nil {
		return false, err
	}
	right, err := l.scope.evaluate(list[1])
	if err != nil {
		return false, err
	}
	switch function {
	case "Fn::Equals":
		return equalValues(left, right), nil
	case "Fn::Contains":
		return contains(left, right)
	case "Fn::EachMemberIn":
		return eachMember(left, func(member any) (bool, error) { return contains(right, member) })
	case "Fn::EachMemberEquals":
		return eachMember(left, func(member any) (bool, error) { return equalValues(member, right), nil })
	}
	return false, validation("Template error: the embedded AWS does not implement the condition function %s", function)
}

// equalValues compares as CloudFormation does: a number and a text that read the same are the same.
func equalValues(left, right any) bool {
	a, errA := scalar("Fn::Equals", left)
	b, errB := scalar("Fn::Equals", right)
	if errA == nil && errB == nil {
		return a == b
	}
	return reflect.DeepEqual(left, right)
}

func contains(list, wanted any) (bool, error) {
	elements, ok := list.([]any)
	if !ok {
		return false, malformed("Fn::Contains", "a list of texts and a text")
	}
	return slices.ContainsFunc(elements, func(element any) bool { return equalValues(element, wanted) }), nil
}

func eachMember(list any, holds func(any) (bool, error)) (bool, error) {
	elements, ok := list.([]any)
	if !ok {
		return false, malformed("Fn::EachMember", "a list of texts")
	}
	for _, element := range elements {
		if ok, err := holds(element); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}
