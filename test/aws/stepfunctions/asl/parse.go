package asl

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// MaxDefinitionBytes is the largest size of a definition.
const MaxDefinitionBytes = 1 << 20

// InvalidError lists all problems of a definition, each with its place in the definition.
type InvalidError struct{ Problems []string }

func (e *InvalidError) Error() string {
	return "Invalid State Machine Definition: '" + strings.Join(e.Problems, ", ") + "'"
}

// ParseMachine reads and checks a definition. An error is an *InvalidError.
func ParseMachine(definition string) (*Machine, error) {
	if len(definition) > MaxDefinitionBytes {
		return nil, &InvalidError{[]string{fmt.Sprintf("INVALID_JSON_DESCRIPTION: "+
			"The definition has %d bytes, at most %d are allowed", len(definition), MaxDefinitionBytes)}}
	}
	v, err := parseStrictly([]byte(definition))
	if err != nil {
		return nil, &InvalidError{[]string{"INVALID_JSON_DESCRIPTION: " + err.Error()}}
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, &InvalidError{[]string{"INVALID_JSON_DESCRIPTION: The definition is " + jsonType(v) + ", want an object"}}
	}
	var problems []string
	machine := parseMachine(&reader{where: "/", fields: object, problems: &problems})
	if len(problems) == 0 {
		problems = machine.checkTransitions()
	}
	if len(problems) > 0 {
		return nil, &InvalidError{problems}
	}
	return machine, nil
}

func parseMachine(r *reader) *Machine {
	machine := &Machine{StartAt: r.text("StartAt", required), States: map[string]*State{}}
	r.text("Comment", optional)
	if version := r.text("Version", optional); version != "" && version != "1.0" {
		r.problem("Version is %q, want \"1.0\"", version)
	}
	r.queryLanguage()
	machine.Timeout = time.Duration(r.integer("TimeoutSeconds", 1, 0)) * time.Second
	states, ok := r.take("States")
	object, isObject := states.(map[string]any)
	switch {
	case !ok:
		r.problem("These fields are required: [States]")
	case !isObject || len(object) == 0:
		r.problem("States wants an object with at least one state")
	}
	for _, name := range sortedNames(object) {
		within := &reader{where: "/States/" + name, problems: r.problems}
		if within.fields, ok = object[name].(map[string]any); !ok {
			within.problem("The state is %s, want an object", jsonType(object[name]))
			continue
		}
		if len([]rune(name)) > 80 {
			within.problem("The name of the state has more than 80 characters")
		}
		machine.States[name] = parseState(within)
	}
	r.finish("a definition")
	return machine
}

func parseState(r *reader) *State {
	s := &State{Type: r.text("Type", required)}
	r.text("Comment", optional)
	r.queryLanguage()
	parse, known := stateTypes[s.Type]
	if !known {
		if slices.Contains([]string{"Parallel", "Map"}, s.Type) {
			r.problem("The embedded AWS does not implement %s states", s.Type)
		} else if s.Type != "" {
			r.problem("Unknown state type %q", s.Type)
		}
		return s
	}
	if s.Type != "Fail" {
		s.InputPath, s.OutputPath = r.optionalPath("InputPath", true), r.optionalPath("OutputPath", true)
	}
	if s.Type == "Pass" || s.Type == "Task" {
		s.Parameters, s.ResultPath = r.template("Parameters"), r.resultPath()
	}
	parse(r, s)
	if slices.Contains([]string{"Pass", "Task", "Wait"}, s.Type) {
		r.transition(s)
	}
	r.finish(s.Type + " states")
	return s
}

var stateTypes = map[string]func(r *reader, s *State){
	"Pass": func(r *reader, s *State) { s.Result, s.HasResult = r.take("Result") },
	"Task": parseTask, "Choice": parseChoice, "Wait": parseWait, "Fail": parseFail,
	"Succeed": func(*reader, *State) {},
}

func parseChoice(r *reader, s *State) {
	s.Default = r.text("Default", optional)
	choices, _ := r.take("Choices")
	list, ok := choices.([]any)
	if !ok || len(list) == 0 {
		r.problem("Choices wants an array of at least one rule")
	}
	for i := range list {
		rule, err := parseRule(list[i], true)
		if err != nil {
			r.problem("Choices[%d]: %v", i, err)
		}
		s.Choices = append(s.Choices, rule)
	}
}

func parseWait(r *reader, s *State) {
	var given []string
	for _, name := range []string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} {
		if _, ok := r.fields[name]; ok {
			given = append(given, name)
		}
	}
	if len(given) != 1 {
		r.problem("A Wait state needs exactly one of Seconds, SecondsPath, Timestamp and TimestampPath, this one has %v", given)
	}
	if _, ok := r.fields["Seconds"]; ok {
		seconds := time.Duration(r.integer("Seconds", 0, 0)) * time.Second
		s.Duration = &seconds
	}
	if text := r.text("Timestamp", optional); text != "" {
		var ok bool
		if s.Timestamp, ok = timestamp(text); !ok {
			r.problem("Timestamp %q is not of the form 2026-11-30T02:00:00Z", text)
		}
	}
	s.SecondsPath, s.TimestampPath = r.path("SecondsPath"), r.path("TimestampPath")
}

func parseFail(r *reader, s *State) {
	s.Error, s.Cause = r.text("Error", optional), r.text("Cause", optional)
	s.ErrorPath, s.CausePath = r.expression("ErrorPath"), r.expression("CausePath")
	if s.Error != "" && s.ErrorPath != nil || s.Cause != "" && s.CausePath != nil {
		r.problem("Give Error or ErrorPath, and Cause or CausePath, not both")
	}
}

// checkTransitions checks that every target state exists and that every state is reachable. Each state must be valid by
// itself.
func (m *Machine) checkTransitions() []string {
	var problems []string
	reached := map[string]bool{}
	queue := []string{}
	follow := func(target, where string) {
		switch {
		case m.States[target] == nil:
			problems = append(problems, fmt.Sprintf("MISSING_TRANSITION_TARGET: Missing 'Next' target: %s at %s", target, where))
		case !reached[target]:
			reached[target] = true
			queue = append(queue, target)
		}
	}
	follow(m.StartAt, "/StartAt")
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		s, where := m.States[name], "/States/"+name
		if s.Next != "" {
			follow(s.Next, where+"/Next")
		}
		if s.Default != "" {
			follow(s.Default, where+"/Default")
		}
		for i, rule := range s.Choices {
			follow(rule.Next, fmt.Sprintf("%s/Choices[%d]/Next", where, i))
		}
		for i, catcher := range s.Catch {
			follow(catcher.Next, fmt.Sprintf("%s/Catch[%d]/Next", where, i))
		}
	}
	for _, name := range sortedNames(m.States) {
		if !reached[name] {
			problems = append(problems,
				fmt.Sprintf("MISSING_TRANSITION_TARGET: State %q is not reachable. at /States/%s", name, name))
		}
	}
	return problems
}
