package eventbridge

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// operators are the comparison operators that there are; the others are refused by name. Source:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
var operators = map[string]func(at string, argument any) (test, error){
	"exists":             exists,
	"numeric":            numeric,
	"anything-but":       anythingBut,
	"prefix":             textual("prefix", strings.HasPrefix),
	"suffix":             textual("suffix", strings.HasSuffix),
	"equals-ignore-case": textual("equals-ignore-case", strings.EqualFold),
}

// textual makes an operator that compares strings.
func textual(name string, compare func(value, argument string) bool) func(string, any) (test, error) {
	return func(at string, argument any) (test, error) {
		switch argument := argument.(type) {
		case string:
			return func(value any, present bool) bool {
				text, isText := value.(string)
				return present && isText && compare(text, argument)
			}, nil
		case map[string]any:
			return nil, gateway.NotImplemented("an operator in the operator " + name + " of event patterns" + place(at))
		}
		return nil, badPattern("%s match pattern must be a string%s", name, place(at))
	}
}

func exists(at string, argument any) (test, error) {
	wanted, ok := argument.(bool)
	if !ok {
		return nil, badPattern("exists match pattern must be either true or false%s", place(at))
	}
	return func(_ any, present bool) bool { return present == wanted }, nil
}

// anythingBut takes a string, a number, a list of either, or {"prefix": ...} or {"suffix": ...} of a string or a list.
func anythingBut(at string, argument any) (test, error) {
	excluded := same
	if object, ok := argument.(map[string]any); ok {
		if len(object) != 1 {
			return nil, badPattern("Only one key allowed in match expression%s", place(at))
		}
		for name, inner := range object {
			compare := map[string]func(string, string) bool{"prefix": strings.HasPrefix, "suffix": strings.HasSuffix}[name]
			if compare == nil {
				return nil, gateway.NotImplemented("the operator " + name + " in anything-but of event patterns" + place(at))
			}
			excluded = func(value, but any) bool {
				text, isText := value.(string)
				return isText && compare(text, but.(string))
			}
			argument = inner
			for _, but := range listed(inner) {
				if _, isText := but.(string); !isText {
					return nil, badPattern("%s in anything-but must be a string%s", name, place(at))
				}
			}
		}
	}
	buts := listed(argument)
	if len(buts) == 0 {
		return nil, badPattern("Empty arrays are not allowed%s", place(at))
	}
	for _, but := range buts {
		switch but.(type) {
		case string, json.Number:
		default:
			return nil, badPattern("Inside anything but list, either all values are number or string%s", place(at))
		}
	}
	return func(value any, present bool) bool {
		return present && !slices.ContainsFunc(buts, func(but any) bool { return excluded(value, but) })
	}, nil
}

func listed(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// numeric takes comparisons that must all hold: [">", 0, "<=", 5].
func numeric(at string, argument any) (test, error) {
	list, ok := argument.([]any)
	if !ok || len(list) == 0 || len(list)%2 != 0 {
		return nil, badPattern("numeric match pattern must be a list of operators and numbers%s", place(at))
	}
	var all []func(*big.Float) bool
	for i := 0; i < len(list); i += 2 {
		operator, _ := list[i].(string)
		holds, known := comparisons[operator]
		if !known {
			return nil, badPattern("Unrecognized numeric range operator: %v%s", list[i], place(at))
		}
		bound, isNumber := number(list[i+1])
		if !isNumber {
			return nil, badPattern("Value of %s must be numeric%s", operator, place(at))
		}
		all = append(all, func(n *big.Float) bool { return holds(n.Cmp(bound)) })
	}
	return func(value any, present bool) bool {
		n, isNumber := number(value)
		return present && isNumber && !slices.ContainsFunc(all, func(holds func(*big.Float) bool) bool { return !holds(n) })
	}, nil
}

var comparisons = map[string]func(order int) bool{
	"=":  func(order int) bool { return order == 0 },
	"<":  func(order int) bool { return order < 0 },
	"<=": func(order int) bool { return order <= 0 },
	">":  func(order int) bool { return order > 0 },
	">=": func(order int) bool { return order >= 0 },
}

// number is exact for the numbers that EventBridge compares: up to five thousand million, to six decimals.
func number(v any) (*big.Float, bool) {
	text, ok := v.(json.Number)
	if !ok {
		return nil, false
	}
	n, _, err := big.ParseFloat(text.String(), 10, 128, big.ToNearestEven)
	return n, err == nil
}
