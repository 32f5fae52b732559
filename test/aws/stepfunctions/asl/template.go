package asl

import (
	"errors"
	"fmt"
	"strings"
)

// Template is the value of Parameters or ResultSelector. A member "name.$" of it takes its value from a path.
type Template struct {
	build func(input, context any) (any, error)
}

// ParseTemplate reads a template and all paths in it.
func ParseTemplate(v any) (Template, error) {
	switch v := v.(type) {
	case map[string]any:
		return objectTemplate(v)
	case []any:
		items := make([]Template, len(v))
		for i := range v {
			var err error
			if items[i], err = ParseTemplate(v[i]); err != nil {
				return Template{}, err
			}
		}
		return Template{build: func(input, context any) (any, error) {
			list := make([]any, len(items))
			for i := range items {
				var err error
				if list[i], err = items[i].build(input, context); err != nil {
					return nil, err
				}
			}
			return list, nil
		}}, nil
	}
	return Template{build: func(any, any) (any, error) { return v, nil }}, nil
}

func objectTemplate(object map[string]any) (Template, error) {
	members := make(map[string]Template, len(object))
	for field, v := range object {
		name, dynamic := strings.CutSuffix(field, ".$")
		if _, both := object[name]; dynamic && both {
			return Template{}, fmt.Errorf("the template has both %q and %q: keep one of them", name, field)
		}
		var member Template
		var err error
		if dynamic {
			member, err = dynamicMember(field, v)
		} else {
			member, err = ParseTemplate(v)
		}
		if err != nil {
			return Template{}, err
		}
		members[name] = member
	}
	return Template{build: func(input, context any) (any, error) {
		built := make(map[string]any, len(members))
		for name, member := range members {
			v, err := member.build(input, context)
			if err != nil {
				return nil, err
			}
			built[name] = v
		}
		return built, nil
	}}, nil
}

func dynamicMember(field string, v any) (Template, error) {
	text, ok := v.(string)
	if !ok {
		return Template{}, fmt.Errorf("the value for the field '%s' must be a string with a path, it is %s", field, jsonType(v))
	}
	expression, err := pathExpression(text)
	if err != nil {
		return Template{}, fmt.Errorf("the value for the field '%s' must be a valid path: %w", field, err)
	}
	return Template{build: func(input, context any) (any, error) {
		v, err := expression(input, context)
		var missing *missingError
		if errors.As(err, &missing) {
			return nil, NotFound(missing.path, field, input)
		}
		return v, err
	}}, nil
}

// Build returns the value of the template. An error is an *Error.
func (t Template) Build(input, context any) (any, error) { return t.build(input, context) }

// valueFunc returns the value of an expression for an input and a context object.
type valueFunc func(input, context any) (any, error)

// missingError means that a path has no value in the input. The caller knows the field and makes the message.
type missingError struct{ path Path }

func (e *missingError) Error() string { return "no value at " + e.path.String() }

// NotFound is the failure of a field whose path has no value in input.
func NotFound(path Path, field string, input any) *Error {
	return errorf(ErrRuntime, "The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'",
		path, field, Text(input))
}

func pathExpression(text string) (valueFunc, error) {
	if strings.HasPrefix(text, "States.") {
		return nil, fmt.Errorf("the embedded AWS does not implement intrinsic functions: %s", text)
	}
	p, err := ParsePath(text)
	if err != nil {
		return nil, err
	}
	return func(input, context any) (any, error) {
		v, ok := p.Get(input, context)
		if !ok {
			return nil, &missingError{p}
		}
		return v, nil
	}, nil
}
