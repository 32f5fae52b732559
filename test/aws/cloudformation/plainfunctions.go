package cloudformation

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// plainFunctions are the intrinsic functions that need only the value of their argument.
var plainFunctions = map[string]func(*scope, any) (any, error){
	"Fn::Join":   join,
	"Fn::Split":  split,
	"Fn::Select": selectElement,
	"Fn::GetAZs": availabilityZones,
}

func malformed(function, want string) error {
	return validation("Template error: %s wants %s", function, want)
}

func join(_ *scope, value any) (any, error) {
	const wants = "a delimiter and a list of texts"
	list, ok := value.([]any)
	if !ok || len(list) != 2 {
		return nil, malformed("Fn::Join", wants)
	}
	delimiter, isText := list[0].(string)
	parts, isList := list[1].([]any)
	if !isText || !isList {
		return nil, malformed("Fn::Join", wants)
	}
	words := make([]string, len(parts))
	for i, part := range parts {
		var err error
		if words[i], err = scalar("Fn::Join", part); err != nil {
			return nil, err
		}
	}
	return strings.Join(words, delimiter), nil
}

func split(_ *scope, value any) (any, error) {
	list, ok := value.([]any)
	if !ok || len(list) != 2 {
		return nil, malformed("Fn::Split", "a delimiter and a text")
	}
	delimiter, isText := list[0].(string)
	text, isTextToo := list[1].(string)
	if !isText || !isTextToo || delimiter == "" {
		return nil, malformed("Fn::Split", "a delimiter and a text")
	}
	var parts []any
	for part := range strings.SplitSeq(text, delimiter) {
		parts = append(parts, part)
	}
	return parts, nil
}

func selectElement(_ *scope, value any) (any, error) {
	list, ok := value.([]any)
	if !ok || len(list) != 2 {
		return nil, malformed("Fn::Select", "an index and a list")
	}
	word, err := scalar("Fn::Select", list[0])
	if err != nil {
		return nil, err
	}
	index, err := strconv.Atoi(word)
	elements, isList := list[1].([]any)
	if err != nil || !isList {
		return nil, malformed("Fn::Select", "an index and a list")
	}
	if index < 0 || index >= len(elements) {
		return nil, validation("Template error: Fn::Select cannot select nonexistent value at index %d", index)
	}
	return elements[index], nil
}

// availabilityZones returns three zones for every region: a, b and c.
func availabilityZones(s *scope, value any) (any, error) {
	region, ok := value.(string)
	if !ok {
		return nil, malformed("Fn::GetAZs", "the name of a region")
	}
	if region == "" {
		region = s.account.Region
	}
	return []any{region + "a", region + "b", region + "c"}, nil
}

// scalar returns a string, number or boolean as a text. Any other value is an error that names function.
func scalar(function string, value any) (string, error) {
	switch value := value.(type) {
	case string:
		return value, nil
	case json.Number:
		return value.String(), nil
	case bool:
		return strconv.FormatBool(value), nil
	default:
		return "", malformed(function, fmt.Sprintf("a text, got %v", value))
	}
}
