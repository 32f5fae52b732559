package asl

// OptionalPath is the value of a path field: absent (the same as $), null, or a path.
type OptionalPath struct {
	Given, Null bool
	Path        Path
}

// Select applies an InputPath or OutputPath to v. An absent path returns v; null returns an empty object.
func (p OptionalPath) Select(v, context any) (any, error) {
	switch {
	case !p.Given:
		return v, nil
	case p.Null:
		return map[string]any{}, nil
	}
	selected, ok := p.Path.Get(v, context)
	if !ok {
		return nil, errorf(ErrRuntime, "Invalid path '%s': it references nothing in '%s'", p.Path, Text(v))
	}
	return selected, nil
}

// Place applies a ResultPath. An absent path and $ return result; null returns input and drops result.
func (p OptionalPath) Place(input, result any) (any, error) {
	switch {
	case !p.Given:
		return result, nil
	case p.Null:
		return input, nil
	}
	return p.Path.Put(input, result)
}

// Expression is a path in a field whose name ends with Path.
type Expression struct {
	text string
	eval valueFunc
}

// Text evaluates e. The value must be a string. An error is an *Error.
func (e *Expression) Text(field string, input, context any) (string, error) {
	v, err := e.eval(input, context)
	if missing, ok := err.(*missingError); ok {
		return "", NotFound(missing.path, field, input)
	}
	if err != nil {
		return "", err
	}
	text, ok := v.(string)
	if !ok {
		return "", errorf(ErrRuntime, "The %s '%s' must be a string, it is %s", field, e.text, jsonType(v))
	}
	return text, nil
}

// EffectiveInput applies InputPath, then Parameters. A Task state calls its function with the result.
func (s *State) EffectiveInput(input, context any) (any, error) {
	v, err := s.InputPath.Select(input, context)
	if err != nil || s.Parameters == nil {
		return v, err
	}
	return s.Parameters.Build(v, context)
}

// Output makes the output of the state from its raw input and its result. It applies ResultSelector, ResultPath and
// OutputPath in this order. The caller checks the size of the output with CheckSize.
func (s *State) Output(input, result, context any) (any, error) {
	var err error
	if s.ResultSelector != nil {
		if result, err = s.ResultSelector.Build(result, context); err != nil {
			return nil, err
		}
	}
	placed, err := s.ResultPath.Place(input, result)
	if err != nil {
		return nil, err
	}
	return s.OutputPath.Select(placed, context)
}

// CheckSize returns States.DataLimitExceeded when text, a value as JSON, has more than MaxDataBytes. producer names the
// state or the resource that returned the value.
func CheckSize(producer, text string) error {
	if len(text) <= MaxDataBytes {
		return nil
	}
	return errorf(ErrDataLimitExceeded, "The state/task '%s' returned a result with a size exceeding the maximum number "+
		"of bytes service limit.", producer)
}

// WholeSeconds reads v, the value at a SecondsPath or TimeoutSecondsPath: a whole number of seconds from low to
// 99999999.
func WholeSeconds(path Path, v any, low int64) (int64, error) {
	f, ok := number(v)
	if !ok || f < float64(low) || f > maxSeconds || f != float64(int64(f)) {
		return 0, errorf(ErrRuntime, "The path '%s' references %s, want a whole number of seconds from %d to %d",
			path, Text(v), low, maxSeconds)
	}
	return int64(f), nil
}

const maxSeconds = 99_999_999
