package cloudformation

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/account"
)

// references returns the values of Ref and Fn::GetAtt for a resource.
type references interface {
	ref(logicalID string) (any, error)
	attribute(logicalID, name string) (any, error)
}

// scope has all values that an expression of a template can refer to. Evaluation does not change it, so goroutines that
// create resources at the same time share one scope.
type scope struct {
	account    account.Account
	stackName  string
	stackID    string
	parameters map[string]any // strings and lists of strings
	resources  references
}

// noValue is the value of Ref AWS::NoValue. evaluate omits a property or list element with this value.
type noValue struct{}

// unknownValue stands for a value of a resource that does not exist yet.
type unknownValue struct{}

// knownAfterApply is the text of an unknownValue in a change set.
const knownAfterApply = "{{changeSet:KNOWN_AFTER_APPLY}}"

// MarshalJSON writes knownAfterApply.
func (unknownValue) MarshalJSON() ([]byte, error) { return json.Marshal(knownAfterApply) }

// evaluate returns node with the value of every intrinsic function in place of the function.
func (s *scope) evaluate(node any) (any, error) {
	switch node := node.(type) {
	case nil:
		return nil, validation("Template format error: Null values are not allowed in templates")
	case []any:
		list := make([]any, 0, len(node))
		for _, element := range node {
			value, err := s.evaluate(element)
			if err != nil {
				return nil, err
			}
			if _, none := value.(noValue); !none {
				list = append(list, value)
			}
		}
		return list, nil
	case map[string]any:
		if name, argument, ok := intrinsic(node); ok {
			return s.call(name, argument)
		}
		object := make(map[string]any, len(node))
		for key, member := range node {
			if strings.HasPrefix(key, "Fn::") {
				return nil, validation("Template error: %s must be the only member of its object", key)
			}
			value, err := s.evaluate(member)
			if err != nil {
				return nil, err
			}
			if _, none := value.(noValue); !none {
				object[key] = value
			}
		}
		return object, nil
	default:
		return node, nil
	}
}

// intrinsic returns the name and the argument of {"Fn::Name": argument} or {"Ref": argument}.
func intrinsic(node map[string]any) (name string, argument any, ok bool) {
	if len(node) != 1 {
		return "", nil, false
	}
	for name, argument := range node {
		if name == "Ref" || strings.HasPrefix(name, "Fn::") {
			return name, argument, true
		}
	}
	return "", nil, false
}

func (s *scope) call(name string, argument any) (any, error) {
	switch name {
	case "Ref":
		id, ok := argument.(string)
		if !ok {
			return nil, malformed(name, "a name")
		}
		return s.ref(id)
	case "Fn::GetAtt":
		return s.getAtt(argument)
	case "Fn::Sub":
		return s.sub(argument)
	}
	plain, ok := plainFunctions[name]
	if !ok {
		return nil, validation("Template error: the embedded AWS does not implement the intrinsic function %s here", name)
	}
	value, err := s.evaluate(argument)
	if err != nil {
		return nil, err
	}
	if hasUnknown(value) {
		return unknownValue{}, nil
	}
	return plain(s, value)
}

// ref returns the value of Ref for a pseudo parameter, a parameter or a resource.
func (s *scope) ref(id string) (any, error) {
	switch id {
	case "AWS::AccountId":
		return s.account.ID, nil
	case "AWS::Region":
		return s.account.Region, nil
	case "AWS::Partition":
		return account.Partition, nil
	case "AWS::URLSuffix":
		return "amazonaws.com", nil
	case "AWS::StackName":
		return s.stackName, nil
	case "AWS::StackId":
		return s.stackID, nil
	case "AWS::NotificationARNs":
		return []any{}, nil
	case "AWS::NoValue":
		return noValue{}, nil
	}
	if value, ok := s.parameters[id]; ok {
		return value, nil
	}
	if s.resources == nil {
		return nil, validation("Template error: unresolved reference %s: only parameters are allowed here", id)
	}
	return s.resources.ref(id)
}

func (s *scope) getAtt(argument any) (any, error) {
	id, name, err := attributePath(argument)
	if err != nil {
		return nil, err
	}
	attribute, err := s.evaluate(name)
	if err != nil {
		return nil, err
	}
	text, ok := attribute.(string)
	if !ok || s.resources == nil {
		return nil, malformed("Fn::GetAtt", "a resource and the name of an attribute")
	}
	return s.resources.attribute(id, text)
}

// attributePath reads both forms of Fn::GetAtt: ["Resource", "Attribute"] and "Resource.Attribute".
func attributePath(argument any) (id string, attribute any, err error) {
	switch argument := argument.(type) {
	case string:
		if id, name, ok := strings.Cut(argument, "."); ok {
			return id, name, nil
		}
	case []any:
		if len(argument) == 2 {
			if id, ok := argument[0].(string); ok {
				return id, argument[1], nil
			}
		}
	}
	return "", nil, malformed("Fn::GetAtt", "a resource and the name of an attribute")
}

var placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

// sub replaces the placeholders of Fn::Sub: ${Name} and ${Resource.Attribute}. The value of ${!Literal} is ${Literal}.
func (s *scope) sub(argument any) (any, error) {
	text, given, err := subArguments(argument)
	if err != nil {
		return nil, err
	}
	variables, err := s.evaluate(given)
	if err != nil {
		return nil, err
	}
	unknown := false
	var failed error
	filled := placeholder.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.TrimSpace(found[2 : len(found)-1])
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			return "${" + literal + "}"
		}
		value, ok := variables.(map[string]any)[name]
		if !ok {
			value, err = s.subValue(name)
			if err != nil {
				failed = err
				return ""
			}
		}
		if hasUnknown(value) {
			unknown = true
			return ""
		}
		word, err := scalar("Fn::Sub", value)
		if err != nil {
			failed = err
		}
		return word
	})
	switch {
	case failed != nil:
		return nil, failed
	case unknown:
		return unknownValue{}, nil
	}
	return filled, nil
}

func (s *scope) subValue(name string) (any, error) {
	if strings.Contains(name, ".") {
		return s.getAtt(name)
	}
	return s.ref(name)
}

// subArguments reads both forms of Fn::Sub: a text, and a text with variables.
func subArguments(argument any) (text string, variables map[string]any, err error) {
	switch argument := argument.(type) {
	case string:
		return argument, map[string]any{}, nil
	case []any:
		if len(argument) == 2 {
			text, isText := argument[0].(string)
			variables, isMap := argument[1].(map[string]any)
			if isText && isMap {
				return text, variables, nil
			}
		}
	}
	return "", nil, malformed("Fn::Sub", "a text, or a text and its variables")
}

func hasUnknown(value any) bool {
	switch value := value.(type) {
	case unknownValue:
		return true
	case []any:
		return slices.ContainsFunc(value, hasUnknown)
	case map[string]any:
		for _, member := range value {
			if hasUnknown(member) {
				return true
			}
		}
	}
	return false
}

// rejectDynamic returns an error when an evaluated value has a dynamic reference ({{resolve:service:...}}).
func rejectDynamic(value any) error {
	switch value := value.(type) {
	case string:
		if _, after, ok := strings.Cut(value, "{{resolve:"); ok {
			service, _, _ := strings.Cut(after, ":")
			return validation("the embedded AWS does not implement the dynamic reference {{resolve:%s:...}}", service)
		}
	case []any:
		for _, element := range value {
			if err := rejectDynamic(element); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, member := range value {
			if err := rejectDynamic(member); err != nil {
				return err
			}
		}
	}
	return nil
}
