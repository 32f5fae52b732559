package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Keys finds the values of a condition key in the context of a request. The name is in small letters. found is false for a key that
// the request does not have.
type Keys interface {
	Key(name string) (values []string, found bool)
}

// Context is a Keys: values by the name of the key, in small letters.
type Context map[string][]string

// Key implements Keys.
func (c Context) Key(name string) ([]string, bool) {
	values, ok := c[name]
	return values, ok
}

// knownKeys are the condition keys that the embedded AWS gives to requests. A key that ends with a slash or a colon is the beginning
// of keys.
var knownKeys = []string{
	"aws:principalaccount", "aws:principalarn", "aws:requestedregion", "aws:requesttag/", "aws:resourceaccount", "aws:resourcetag/",
	"aws:securetransport", "aws:sourceaccount", "aws:sourcearn", "aws:tagkeys",
	"cloudwatch:namespace", "kms:calleraccount", "kms:encryptioncontext:", "kms:viaservice", "lambda:sourcefunctionarn", "s3:prefix",
}

// condition is one key of one operator of a Condition.
type condition struct {
	key      string // in small letters
	ifExists bool
	set      string // "", "ForAllValues" or "ForAnyValue"
	null     bool   // the operator is Null
	negated  bool
	equal    func(want, have string) bool
	values   []string
	operator string
}

// operators compare a value of the policy with one of the request, in this order.
var operators = map[string]func(want, have string) bool{
	"StringEquals": func(want, have string) bool { return want == have },
	"StringLike":   func(want, have string) bool { return pattern(want).matches(have) },
	"ArnEquals":    arnLike, // the same as ArnLike, says the guide
	"ArnLike":      arnLike,
	"Bool":         strings.EqualFold,
}

// negations are the operators that match when none of the values is equal.
var negations = map[string]string{
	"StringNotEquals": "StringEquals", "StringNotLike": "StringLike", "ArnNotEquals": "ArnEquals", "ArnNotLike": "ArnLike",
}

func arnLike(want, have string) bool {
	p, err := parseARN(want)
	return err == nil && p.matches(have)
}

func parseConditions(all map[string]map[string]oneOrMore[text]) (conditions []condition, err error) {
	for _, operator := range slices.Sorted(maps.Keys(all)) {
		for _, key := range slices.Sorted(maps.Keys(all[operator])) {
			c, err := parseCondition(operator, key)
			if err != nil {
				return nil, err
			}
			for _, value := range all[operator][key] {
				if err := noVariable(string(value)); err != nil {
					return nil, err
				}
				c.values = append(c.values, string(value))
			}
			if err := c.check(); err != nil {
				return nil, err
			}
			conditions = append(conditions, c)
		}
	}
	return conditions, nil
}

func parseCondition(operator, key string) (c condition, err error) {
	c = condition{operator: operator, key: strings.ToLower(key)}
	name := operator
	if set, rest, ok := strings.Cut(operator, ":"); ok {
		if set != "ForAllValues" && set != "ForAnyValue" {
			return c, fmt.Errorf("the condition operator %s is not implemented", operator)
		}
		c.set, name = set, rest
	}
	name, c.ifExists = strings.CutSuffix(name, "IfExists")
	if name == "Null" && c.set == "" && !c.ifExists {
		c.null = true
	} else if c.equal = operators[name]; c.equal == nil {
		c.negated, c.equal = true, operators[negations[name]]
		if c.equal == nil {
			return c, fmt.Errorf("the condition operator %s is not implemented", operator)
		}
	}
	if !slices.ContainsFunc(knownKeys, func(known string) bool {
		return c.key == known || strings.HasSuffix(known, "/") && strings.HasPrefix(c.key, known) ||
			strings.HasSuffix(known, ":") && strings.HasPrefix(c.key, known)
	}) {
		return c, fmt.Errorf("the condition key %s is not implemented", key)
	}
	return c, nil
}

// check refuses values that the operator cannot compare with anything.
func (c condition) check() error {
	if len(c.values) == 0 {
		return fmt.Errorf("the condition %s of %s has no value", c.operator, c.key)
	}
	for _, value := range c.values {
		boolean := strings.EqualFold(value, "true") || strings.EqualFold(value, "false")
		switch {
		case (c.null || strings.Contains(c.operator, "Bool")) && !boolean:
			return fmt.Errorf("the value %q of %s is neither true nor false", value, c.operator)
		case strings.Contains(c.operator, "Arn"):
			if _, err := parseARN(value); err != nil {
				return err
			}
		}
	}
	return nil
}

// holds reports whether a request satisfies the condition. The error is that of a key with several values whose operator compares
// one: the guide requires ForAllValues or ForAnyValue there.
func (c *condition) holds(keys Keys) (bool, error) {
	have, found := keys.Key(c.key)
	found = found && len(have) > 0
	switch {
	case c.null:
		return strings.EqualFold(c.values[0], "true") == !found, nil
	case !found && c.set == "ForAllValues":
		return true, nil // also without IfExists: it says so of requests without the key
	case !found && c.set == "ForAnyValue":
		return c.ifExists, nil
	case !found:
		return c.ifExists || c.negated, nil
	case c.set == "" && len(have) > 1:
		return false, fmt.Errorf("the key %s has %d values, and %s compares one", c.key, len(have), c.operator)
	}
	for _, value := range have {
		if matches := c.matches(value); matches != (c.set == "ForAllValues") {
			// This value decides: one that does not match for all, or one that matches for any.
			return matches, nil
		}
	}
	return c.set == "ForAllValues", nil
}

// matches compares one value of the request with all values of the policy.
func (c *condition) matches(have string) bool {
	for _, want := range c.values {
		if c.equal(want, have) {
			return !c.negated
		}
	}
	return c.negated
}
