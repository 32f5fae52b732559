package cloudformation

import (
	"maps"
	"reflect"
	"slices"
)

// rule is one entry of the Rules of a template. It has assertions about the parameters.
type rule struct {
	RuleCondition any `json:"RuleCondition"`
	Assertions    []struct {
		Assert            any    `json:"Assert"`
		AssertDescription string `json:"AssertDescription"`
	} `json:"Assertions"`
}

// checkRules returns the error of the first assertion that the parameters do not satisfy.
func checkRules(s *scope, rules map[string]rule) error {
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		r := rules[name]
		if r.RuleCondition != nil {
			applies, err := s.evaluateCondition(r.RuleCondition)
			if err != nil {
				return err
			}
			if !applies {
				continue
			}
		}
		for _, assertion := range r.Assertions {
			ok, err := s.evaluateCondition(assertion.Assert)
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

// evaluateCondition evaluates a condition function of a rule.
func (s *scope) evaluateCondition(node any) (bool, error) {
	object, ok := node.(map[string]any)
	if !ok || len(object) != 1 {
		return false, validation("Template format error: a condition must be one condition function")
	}
	for function, argument := range object {
		list, ok := argument.([]any)
		switch {
		case function == "Fn::Not":
			if !ok || len(list) != 1 {
				return false, malformed(function, "one condition")
			}
			holds, err := s.evaluateCondition(list[0])
			return !holds, err
		case function != "Fn::Contains":
			return false, validation("Template error: the embedded AWS does not implement the condition function %s", function)
		case !ok || len(list) != 2:
			return false, malformed(function, "a list of texts and a text")
		}
		texts, err := s.evaluate(list[0])
		if err != nil {
			return false, err
		}
		text, err := s.evaluate(list[1])
		if err != nil {
			return false, err
		}
		return contains(texts, text)
	}
	panic("unreachable: the object has one member")
}

// equalValues compares two values as CloudFormation does: a number equals a string with the same text.
func equalValues(left, right any) bool {
	a, errA := scalar("Fn::Contains", left)
	b, errB := scalar("Fn::Contains", right)
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
