package cloudformation

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// parameterDeclaration is one entry of a template's Parameters.
type parameterDeclaration struct {
	Type                  string      `json:"Type"`
	Description           string      `json:"Description"`
	Default               any         `json:"Default"`
	NoEcho                any         `json:"NoEcho"`
	AllowedValues         []any       `json:"AllowedValues"`
	AllowedPattern        string      `json:"AllowedPattern"`
	ConstraintDescription string      `json:"ConstraintDescription"`
	MinLength             json.Number `json:"MinLength"`
	MaxLength             json.Number `json:"MaxLength"`
	MinValue              json.Number `json:"MinValue"`
	MaxValue              json.Number `json:"MaxValue"`
}

// parameterValue is the value of a parameter in a stack.
type parameterValue struct {
	key   string
	value string
	// resolved is the text in the parameter store under the name value, for the AWS::SSM::Parameter::Value types.
	resolved string
	noEcho   bool
}

// givenParameter is a parameter of a request.
type givenParameter struct {
	key         string
	value       string
	usePrevious bool
}

const (
	ssmValuePrefix = "AWS::SSM::Parameter::Value<"
	maskedValue    = "****"
)

// resolveParameters returns the values of all declared parameters, sorted by name. A value comes from the request, the
// previous deployment or the default.
func resolveParameters(
	ctx context.Context, declared map[string]parameterDeclaration, given []givenParameter, previous []parameterValue,
	store Parameters,
) ([]parameterValue, error) {
	values := map[string]string{}
	for _, g := range given {
		if _, ok := declared[g.key]; !ok {
			return nil, validation("Parameters: [%s] do not exist in the template", g.key)
		}
		if !g.usePrevious {
			values[g.key] = g.value
			continue
		}
		i := slices.IndexFunc(previous, func(p parameterValue) bool { return p.key == g.key })
		if i < 0 {
			return nil, validation("Invalid input for parameter key %s. Cannot specify usePreviousValue as true for a "+
				"parameter key not in the previous template", g.key)
		}
		values[g.key] = previous[i].value
	}
	var resolved []parameterValue
	var missing []string
	for _, key := range slices.Sorted(maps.Keys(declared)) {
		declaration := declared[key]
		value, ok := values[key]
		if !ok {
			if declaration.Default == nil {
				missing = append(missing, key)
				continue
			}
			word, err := scalar("the default of parameter "+key, declaration.Default)
			if err != nil {
				return nil, err
			}
			value = word
		}
		p, err := declaration.resolve(ctx, key, value, store)
		if err != nil {
			return nil, err
		}
		resolved = append(resolved, p)
	}
	if missing != nil {
		return nil, validation("Parameters: [%s] must have values", strings.Join(missing, ", "))
	}
	return resolved, nil
}

func (d parameterDeclaration) resolve(
	ctx context.Context, key, value string, store Parameters,
) (parameterValue, error) {
	p := parameterValue{key: key, value: value, noEcho: d.NoEcho == true || d.NoEcho == "true"}
	if err := d.check(key, value); err != nil {
		return p, err
	}
	switch d.valueType() {
	case "String", "Number", "CommaDelimitedList", "List<String>", "List<Number>", "AWS::SSM::Parameter::Name":
	default:
		return p, validation("the embedded AWS does not implement the parameter type %s (parameter %s)", d.Type, key)
	}
	if !strings.HasPrefix(d.Type, ssmValuePrefix) {
		return p, nil
	}
	stored, err := store.Parameter(ctx, value)
	if err != nil {
		return p, validation("Unable to fetch parameters [%s] from parameter store for this account: %v", value, err)
	}
	p.resolved = stored
	return p, nil
}

// valueType is the type of the value of Ref. For a parameter in the parameter store, it is the type of the stored value.
func (d parameterDeclaration) valueType() string {
	if inner, ok := strings.CutPrefix(d.Type, ssmValuePrefix); ok {
		return strings.TrimSuffix(inner, ">")
	}
	return d.Type
}

// refValue returns the value of Ref: a text, or a list for the list types.
func (d parameterDeclaration) refValue(p parameterValue) any {
	text := p.value
	if strings.HasPrefix(d.Type, ssmValuePrefix) {
		text = p.resolved
	}
	if t := d.valueType(); t != "CommaDelimitedList" && !strings.HasPrefix(t, "List<") {
		return text
	}
	list := []any{}
	for word := range strings.SplitSeq(text, ",") {
		list = append(list, strings.TrimSpace(word))
	}
	return list
}

// check validates a value against the constraints in the template.
func (d parameterDeclaration) check(key, value string) error {
	violated := func(constraint string) error {
		if d.ConstraintDescription != "" {
			constraint = d.ConstraintDescription
		}
		return validation("Parameter '%s' must %s", key, constraint)
	}
	if d.AllowedValues != nil &&
		!slices.ContainsFunc(d.AllowedValues, func(allowed any) bool { return equalValues(allowed, value) }) {
		return violated("be one of AllowedValues")
	}
	if d.AllowedPattern != "" {
		pattern, err := regexp.Compile(`^(?:` + d.AllowedPattern + `)$`)
		if err != nil {
			return validation("the embedded AWS cannot parse AllowedPattern of parameter %s: %v", key, err)
		}
		if !pattern.MatchString(value) {
			return violated("match pattern " + d.AllowedPattern)
		}
	}
	length := float64(len([]rune(value)))
	if limit, err := d.MinLength.Float64(); err == nil && length < limit {
		return violated("contain at least " + d.MinLength.String() + " characters")
	}
	if limit, err := d.MaxLength.Float64(); err == nil && length > limit {
		return violated("contain at most " + d.MaxLength.String() + " characters")
	}
	if d.Type != "Number" {
		return nil
	}
	number, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return violated("be a number")
	}
	if limit, err := d.MinValue.Float64(); err == nil && number < limit {
		return violated("be a number not less than " + d.MinValue.String())
	}
	if limit, err := d.MaxValue.Float64(); err == nil && number > limit {
		return violated("be a number not greater than " + d.MaxValue.String())
	}
	return nil
}

// shown is the value for a response, masked for a NoEcho parameter.
func (p parameterValue) shown() string {
	if p.noEcho {
		return maskedValue
	}
	return p.value
}
