package cloudformation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// template is a parsed template. Values that can have intrinsic functions are JSON values (any). Numbers are
// json.Number, so they are not rounded.
type template struct {
	body        string
	description string
	parameters  map[string]parameterDeclaration
	rules       map[string]rule
	resources   map[string]resourceDeclaration
	outputs     map[string]outputDeclaration
}

// resourceDeclaration is one entry of a template's Resources.
type resourceDeclaration struct {
	Type                string         `json:"Type"`
	Description         string         `json:"Description"`
	Properties          map[string]any `json:"Properties"`
	Metadata            any            `json:"Metadata"`
	DependsOn           oneOrMore      `json:"DependsOn"`
	DeletionPolicy      string         `json:"DeletionPolicy"`
	UpdateReplacePolicy string         `json:"UpdateReplacePolicy"`
}

// outputDeclaration is one entry of a template's Outputs.
type outputDeclaration struct {
	Description string `json:"Description"`
	Value       any    `json:"Value"`
}

// The values of DeletionPolicy and UpdateReplacePolicy.
const (
	policyDelete               = "Delete"
	policyRetain               = "Retain"
	policyRetainExceptOnCreate = "RetainExceptOnCreate"
)

// oneOrMore is a string or a list of strings.
type oneOrMore []string

// UnmarshalJSON reads a string or a list of strings.
func (o *oneOrMore) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	var more []string
	if err := json.Unmarshal(b, &more); err != nil {
		return fmt.Errorf("%s: want a name or a list of names", b)
	}
	*o = more
	return nil
}

// validation is a ValidationError, the error of CloudFormation for a template or request that is not valid.
func validation(format string, args ...any) *gateway.Error {
	return gateway.Errorf("ValidationError", format, args...)
}

// parseTemplate reads a JSON template. A section or attribute that the engine does not know is an error with its name.
func parseTemplate(body string) (*template, error) {
	if !strings.HasPrefix(strings.TrimSpace(body), "{") {
		return nil, validation("Template format error: the embedded AWS takes templates in JSON, not in YAML")
	}
	var sections struct {
		Version     string                     `json:"AWSTemplateFormatVersion"`
		Description string                     `json:"Description"`
		Metadata    any                        `json:"Metadata"`
		Parameters  map[string]json.RawMessage `json:"Parameters"`
		Rules       map[string]json.RawMessage `json:"Rules"`
		Resources   map[string]json.RawMessage `json:"Resources"`
		Outputs     map[string]json.RawMessage `json:"Outputs"`
	}
	if err := decodeStrictly([]byte(body), "the template", &sections); err != nil {
		return nil, err
	}
	if v := sections.Version; v != "" && v != "2010-09-09" {
		return nil, validation("Template format error: unsupported value %s for AWSTemplateFormatVersion", v)
	}
	if len(sections.Resources) == 0 {
		return nil, validation("Template format error: At least one Resources member must be defined.")
	}
	t := &template{body: body, description: sections.Description}
	var err error
	if t.parameters, err = decodeSection[parameterDeclaration]("Parameters", sections.Parameters); err != nil {
		return nil, err
	}
	if t.rules, err = decodeSection[rule]("Rules", sections.Rules); err != nil {
		return nil, err
	}
	if t.resources, err = decodeSection[resourceDeclaration]("Resources", sections.Resources); err != nil {
		return nil, err
	}
	if t.outputs, err = decodeSection[outputDeclaration]("Outputs", sections.Outputs); err != nil {
		return nil, err
	}
	return t, t.check()
}

// check validates the parts of a template that do not depend on its parameters.
func (t *template) check() error {
	for _, id := range slices.Sorted(maps.Keys(t.resources)) {
		r := t.resources[id]
		if r.Type == "" {
			return validation("Template format error: [/Resources/%s] Every Resources object must contain a Type member.",
				id)
		}
		switch r.DeletionPolicy {
		case "", policyDelete, policyRetain, policyRetainExceptOnCreate:
		default:
			return validation("the embedded AWS does not implement DeletionPolicy %s (logical id %s)", r.DeletionPolicy, id)
		}
		switch r.UpdateReplacePolicy {
		case "", policyDelete, policyRetain:
		default:
			return validation("the embedded AWS does not implement UpdateReplacePolicy %s (logical id %s)",
				r.UpdateReplacePolicy, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t.outputs)) {
		if t.outputs[id].Value == nil {
			return validation("Template format error: [/Outputs/%s] Every Outputs member must contain a Value object", id)
		}
	}
	return nil
}

func decodeSection[T any](section string, raw map[string]json.RawMessage) (map[string]T, error) {
	all := make(map[string]T, len(raw))
	for _, id := range slices.Sorted(maps.Keys(raw)) {
		var one T
		if err := decodeStrictly(raw[id], "/"+section+"/"+id, &one); err != nil {
			return nil, err
		}
		all[id] = one
	}
	return all, nil
}

// decodeStrictly reads raw into v. A member without a field in v is an error. where is the place of raw in the template,
// for errors.
func decodeStrictly(raw []byte, where string, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		reason := strings.TrimPrefix(err.Error(), "json: ")
		if name, ok := strings.CutPrefix(reason, "unknown field "); ok {
			return validation("Template format error: the embedded AWS does not implement %s in %s", name, where)
		}
		return validation("Template format error: %s: %s", where, reason)
	}
	return nil
}

// fromJSON reads JSON that toJSON wrote. Empty JSON is an empty map.
func fromJSON(raw json.RawMessage) (map[string]any, error) {
	values := map[string]any{}
	if len(raw) == 0 {
		return values, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&values); err != nil {
		return nil, fmt.Errorf("read properties: %w", err)
	}
	return values, nil
}

// toJSON writes v as canonical JSON: equal values have equal JSON.
func toJSON(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write properties: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
