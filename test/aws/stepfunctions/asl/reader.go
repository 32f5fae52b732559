package asl

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// reader takes the fields out of one object of a definition and collects their problems. finish reports every field that
// no call has taken.
type reader struct {
	where    string
	fields   map[string]any
	problems *[]string
}

const (
	required = true
	optional = false
)

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (r *reader) problem(format string, args ...any) {
	*r.problems = append(*r.problems, "SCHEMA_VALIDATION_FAILED: "+fmt.Sprintf(format, args...)+" at "+r.where)
}

// take returns a field and removes it, so that finish does not report it.
func (r *reader) take(name string) (any, bool) {
	v, ok := r.fields[name]
	delete(r.fields, name)
	return v, ok
}

func (r *reader) text(name string, need bool) string {
	v, ok := r.take(name)
	text, isText := v.(string)
	switch {
	case !ok && need:
		r.problem("These fields are required: [%s]", name)
	case ok && !isText:
		r.problem("%s is %s, want a string", name, jsonType(v))
	}
	return text
}

// integer reads a whole number from low to 99999999. It returns absent when the field is missing.
func (r *reader) integer(name string, low, absent int64) int64 {
	v, ok := r.take(name)
	if !ok {
		return absent
	}
	n, _ := v.(json.Number)
	i, err := n.Int64()
	if err != nil || i < low || i > maxSeconds {
		r.problem("%s is %s, want a whole number from %d to %d", name, Text(v), low, maxSeconds)
	}
	return i
}

func (r *reader) decimal(name string, low, absent float64) float64 {
	v, ok := r.take(name)
	if !ok {
		return absent
	}
	f, ok := number(v)
	if !ok || f < low {
		r.problem("%s is %s, want a number of at least %v", name, Text(v), low)
	}
	return f
}

func (r *reader) path(name string) *Path {
	p := r.optionalPath(name, false)
	if !p.Given {
		return nil
	}
	return &p.Path
}

func (r *reader) optionalPath(name string, nullable bool) OptionalPath {
	v, ok := r.take(name)
	if !ok {
		return OptionalPath{}
	}
	p := OptionalPath{Given: true, Null: v == nil && nullable}
	if p.Null {
		return p
	}
	text, ok := v.(string)
	if !ok {
		r.problem("%s is %s, want a path", name, jsonType(v))
		return p
	}
	var err error
	if p.Path, err = ParsePath(text); err != nil {
		r.problem("%s: %v", name, err)
	}
	return p
}

func (r *reader) resultPath() OptionalPath {
	p := r.optionalPath("ResultPath", true)
	if p.Path.context {
		r.problem("ResultPath %s: a result cannot be written to the context object", p.Path)
	}
	return p
}

func (r *reader) expression(name string) *Expression {
	text := r.text(name, optional)
	if text == "" {
		return nil
	}
	eval, err := pathExpression(text)
	if err != nil {
		r.problem("%s: %v", name, err)
	}
	return &Expression{text: text, eval: eval}
}

func (r *reader) template(name string) *Template {
	v, ok := r.take(name)
	if !ok {
		return nil
	}
	t, err := ParseTemplate(v)
	if err != nil {
		r.problem("%s: %v", name, err)
	}
	return &t
}

func (r *reader) queryLanguage() {
	if language := r.text("QueryLanguage", optional); language != "" && language != "JSONPath" {
		r.problem("The embedded AWS does not implement QueryLanguage %s, only JSONPath", language)
	}
}

func (r *reader) transition(s *State) {
	s.Next = r.text("Next", optional)
	end, hasEnd := r.take("End")
	switch {
	case hasEnd && end != true:
		r.problem("End is %s, want true or no End", Text(end))
	case hasEnd && s.Next != "":
		r.problem("A state has Next or End, not both")
	case !hasEnd && s.Next == "":
		r.problem("A state needs Next or \"End\": true")
	}
}

// unsupported maps fields of AWS that the embedded AWS does not implement to the feature that they belong to.
var unsupported = map[string]string{
	"Arguments": "JSONata", "Output": "JSONata", "Items": "JSONata", "Condition": "JSONata",
	"Assign": "workflow variables", "HeartbeatSeconds": "heartbeats", "HeartbeatSecondsPath": "heartbeats",
	"Credentials": "calls into other accounts",
}

func (r *reader) finish(what string) {
	for _, name := range sortedNames(r.fields) {
		if feature, ok := unsupported[name]; ok {
			r.problem("The embedded AWS does not implement %s (%s)", name, feature)
			continue
		}
		r.problem("Field '%s' is not supported in %s", name, what)
	}
}
