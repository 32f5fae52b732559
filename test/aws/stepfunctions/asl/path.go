package asl

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Path is a JSONPath to exactly one value: $, $.a.b, $['a'] or $.list[0]. A path with $$ reads the context object.
type Path struct {
	text    string
	context bool
	steps   []step
}

// step is the name of a member. When name is empty, it is the index of an element.
type step struct {
	name  string
	index int
}

func (p Path) String() string { return p.text }

// Root reports whether p is $, the whole document.
func (p Path) Root() bool { return len(p.steps) == 0 && !p.context }

// ParsePath reads a path. A path that can match several values (.., *, filters, slices, lists of names) is an error that
// names the feature.
func ParsePath(text string) (Path, error) {
	p := Path{text: text}
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return p, fmt.Errorf("path %q: a path starts with $", text)
	}
	rest, p.context = strings.CutPrefix(rest, "$")
	for rest != "" {
		var s step
		var err error
		switch {
		case strings.HasPrefix(rest, ".."):
			return p, notImplemented(text, "recursive descent (..)")
		case rest[0] == '.':
			s, rest, err = dotStep(text, rest[1:])
		case rest[0] == '[':
			s, rest, err = bracketStep(text, rest[1:])
		default:
			err = fmt.Errorf("path %q: want . or [ before %q", text, rest)
		}
		if err != nil {
			return p, err
		}
		p.steps = append(p.steps, s)
	}
	return p, nil
}

func notImplemented(path, what string) error {
	return fmt.Errorf("path %q: the embedded AWS does not implement %s; use a path to one value, such as $.a.b[0]",
		path, what)
}

func dotStep(path, rest string) (step, string, error) {
	end := strings.IndexAny(rest, ".[")
	if end < 0 {
		end = len(rest)
	}
	name := rest[:end]
	switch {
	case name == "":
		return step{}, "", fmt.Errorf("path %q: a name is missing after the dot", path)
	case name == "*":
		return step{}, "", notImplemented(path, "wildcards (*)")
	case strings.ContainsAny(name, "()"):
		return step{}, "", notImplemented(path, "functions")
	case strings.ContainsAny(name, " *?@,:'\"\\]&|=<>!~^%/"):
		return step{}, "", fmt.Errorf("path %q: the name %q needs quotes; write it as ['%s']", path, name, name)
	}
	return step{name: name, index: -1}, rest[end:], nil
}

func bracketStep(path, rest string) (step, string, error) {
	if rest != "" && (rest[0] == '\'' || rest[0] == '"') {
		name, after, ok := strings.Cut(rest[1:], rest[:1])
		if !ok || name == "" || strings.Contains(name, `\`) {
			return step{}, "", fmt.Errorf("path %q: want a name in quotes inside [...]", path)
		}
		if strings.HasPrefix(strings.TrimSpace(after), ",") {
			return step{}, "", notImplemented(path, "lists of names")
		}
		after, ok = strings.CutPrefix(after, "]")
		if !ok {
			return step{}, "", fmt.Errorf("path %q: want ] after %q", path, name)
		}
		return step{name: name, index: -1}, after, nil
	}
	inside, after, ok := strings.Cut(rest, "]")
	if !ok {
		return step{}, "", fmt.Errorf("path %q: [ without ]", path)
	}
	switch {
	case inside == "*":
		return step{}, "", notImplemented(path, "wildcards (*)")
	case strings.HasPrefix(inside, "?"):
		return step{}, "", notImplemented(path, "filters (?)")
	case strings.Contains(inside, ":"):
		return step{}, "", notImplemented(path, "slices")
	case strings.Contains(inside, ","):
		return step{}, "", notImplemented(path, "lists of indexes")
	case strings.HasPrefix(inside, "-"), strings.HasPrefix(inside, "("):
		return step{}, "", notImplemented(path, "indexes counted from the end")
	}
	index, err := strconv.Atoi(inside)
	if err != nil {
		return step{}, "", fmt.Errorf("path %q: [%s] is not an index and not a name in quotes", path, inside)
	}
	return step{index: index}, after, nil
}

// UnmarshalJSON reads a path from a JSON string.
func (p *Path) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("path %s: want a string", b)
	}
	parsed, err := ParsePath(text)
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

// Get returns the value at p in input, or in the context object when p starts with $$. It returns false when there is no
// value.
func (p Path) Get(input, context any) (any, bool) {
	at := input
	if p.context {
		at = context
	}
	for _, s := range p.steps {
		switch within := at.(type) {
		case map[string]any:
			v, ok := within[s.name]
			if !ok || s.name == "" {
				return nil, false
			}
			at = v
		case []any:
			if s.name != "" || s.index >= len(within) {
				return nil, false
			}
			at = within[s.index]
		default:
			return nil, false
		}
	}
	return at, true
}

// Put returns a copy of input with value at p. It adds the objects that are missing on the path and does not change
// input. The error is States.ResultPathMatchFailure when the path leads through a value that is not an object or array,
// or an index is outside its array.
func (p Path) Put(input, value any) (any, error) {
	v, ok := put(input, p.steps, value)
	if !ok {
		return nil, errorf(ErrResultPathMatch,
			"Unable to apply ReferencePath %s to input %s", p.text, Text(input))
	}
	return v, nil
}

func put(at any, steps []step, value any) (any, bool) {
	if len(steps) == 0 {
		return value, true
	}
	s := steps[0]
	switch within := at.(type) {
	case map[string]any:
		if s.name == "" {
			return nil, false
		}
		inner, there := within[s.name]
		if !there {
			inner = map[string]any{}
		}
		v, ok := put(inner, steps[1:], value)
		if !ok {
			return nil, false
		}
		changed := maps.Clone(within)
		changed[s.name] = v
		return changed, true
	case []any:
		if s.name != "" || s.index >= len(within) {
			return nil, false
		}
		v, ok := put(within[s.index], steps[1:], value)
		if !ok {
			return nil, false
		}
		changed := slices.Clone(within)
		changed[s.index] = v
		return changed, true
	}
	return nil, false
}
