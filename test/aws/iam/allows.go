package iam

import (
	"encoding/json"
	"fmt"
	"strings"
)

// statement is a statement of a policy.
type statement struct {
	Effect    string
	Action    oneOrMore
	Resource  oneOrMore
	Condition json.RawMessage
}

// oneOrMore is a string or a list of strings, as policies write both.
type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(content []byte) error {
	var one string
	if json.Unmarshal(content, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	var more []string
	err := json.Unmarshal(content, &more)
	*o = more
	return err
}

// Allows reports whether the policies of a role allow an action on a resource. A statement that denies wins. The policies that
// AWS manages allow nothing here, because this package does not have them. A statement about the action and the resource that has
// a Condition is an error: it is not implemented.
func (s *Service) Allows(roleARN, action, resource string) (bool, error) {
	role, err := s.Role(roleARN)
	if err != nil {
		return false, err
	}
	allowed := false
	for name, document := range role.Policies {
		var policy struct{ Statement []statement }
		if err := json.Unmarshal(document, &policy); err != nil {
			return false, fmt.Errorf("read policy %s of role %s: %w", name, role.Name, err)
		}
		for _, one := range policy.Statement {
			switch {
			case !one.Action.matches(strings.ToLower(action), strings.ToLower) || !one.Resource.matches(resource, nil):
				continue
			case len(one.Condition) > 0:
				return false, fmt.Errorf("policy %s of role %s: a Condition for %s is not implemented", name, role.Name, action)
			case one.Effect == "Deny":
				return false, nil
			default:
				allowed = true
			}
		}
	}
	return allowed, nil
}

// matches reports whether one of the patterns matches a text. change is applied to each pattern; nil does not change it.
func (o oneOrMore) matches(text string, change func(string) string) bool {
	for _, pattern := range o {
		if change != nil {
			pattern = change(pattern)
		}
		if matchesPattern(pattern, text) {
			return true
		}
	}
	return false
}

// matchesPattern reports whether a text matches a pattern of a policy: * stands for any characters, also slashes, and ? for one
// character.
func matchesPattern(pattern, text string) bool {
	for pattern != "" {
		switch {
		case pattern[0] == '*':
			for i := range len(text) + 1 {
				if matchesPattern(pattern[1:], text[i:]) {
					return true
				}
			}
			return false
		case text == "" || pattern[0] != '?' && pattern[0] != text[0]:
			return false
		}
		pattern, text = pattern[1:], text[1:]
	}
	return text == ""
}
