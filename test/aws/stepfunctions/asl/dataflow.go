package asl

// OptionalPath is a path field that may be absent (then it means $), null, or a path.
type OptionalPath struct {
	Given, Null bool
	Path        Path
}

// Select applies an InputPath or OutputPath: absent leaves v, null makes an empty object of it.
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

// Place applies a ResultPath: absent and $ replace input by result, null drops the result.
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
	eval expression
}

// Text evaluates e, which must yield a string. The error is an *Error.
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
		return "", errorf(ErrRuntime, "The %s '%s' must be a string, it is %s", field, e.text, kind(v))
	}
	return text, nil
}

// EffectiveInput is what the work of the state sees: InputPath, then Parameters.
func (s *State) EffectiveInput(input, context any) (any, error) {
	v, err := s.InputPath.Select(input, context)
	if err != nil || s.Parameters == nil {
		return v, err
	}
	return s.Parameters.Build(v, context)
}

// Output makes the state's output of its raw input and the result of its work: ResultSelector, ResultPath, OutputPath.
// Its size is the caller's to check; see CheckSize.
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

// CheckSize is States.DataLimitExceeded when a value has more than MaxDataBytes as JSON text; producer is the state or
// the resource that made it.
func CheckSize(producer, text string) error {
	if len(text) <= MaxDataBytes {
		return nil
	}
	return errorf(ErrDataLimitExceeded, "The state/task '%s' returned a result with a size exceeding the maximum number "+
		"of bytes service limit.", producer)
}

// WholeSeconds reads what a SecondsPath or TimeoutSecondsPath found: a whole number of seconds from low to 99999999.
func WholeSeconds(path Path, v any, low int64) (int64, error) {
	f, ok := number(v)
	if !ok || f < float64(low) || f > maxSeconds || f != float64(int64(f)) {
		return 0, errorf(ErrRuntime, "The path '%s' references %s, want a whole number of seconds from %d to %d",
			path, Text(v), low, maxSeconds)
	}
	return int64(f), nil
}

const maxSeconds = 99_999_999
