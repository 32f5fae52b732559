package eventbridge

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// newInput returns the function that makes a target's input from an event: the event itself, or the filled template.
func (t *target) newInput() (func(*acceptedEvent) (string, error), error) {
	if t.InputTransformer != nil {
		return t.newTemplate()
	}
	return func(e *acceptedEvent) (string, error) { return string(e.text), nil }, nil
}

var placeholder = regexp.MustCompile(`<([A-Za-z0-9_.-]+)>`)

// newTemplate returns the input function of an InputTransformer. It refuses templates that are not JSON.
func (t *target) newTemplate() (func(*acceptedEvent) (string, error), error) {
	variables := map[string]path{}
	for name, path := range t.InputTransformer.InputPathsMap {
		if strings.HasPrefix(strings.ToLower(name), "aws.") || !placeholder.MatchString("<"+name+">") {
			return nil, invalid("Invalid InputPathsMap of target %s: %q is not a valid variable name.", t.ID, name)
		}
		p, err := parsePath(path)
		if err != nil {
			return nil, err
		}
		variables[name] = p
	}
	template := t.InputTransformer.InputTemplate
	for _, m := range placeholder.FindAllStringSubmatch(template, -1) {
		if strings.HasPrefix(m[1], "aws.") {
			return nil, gateway.NotImplemented("the predefined variable " + m[0] + " of the InputTemplate of target " + t.ID)
		}
		if _, known := variables[m[1]]; !known {
			return nil, invalid("Invalid InputTemplate of target %s: InputPathsMap has no %s.", t.ID, m[0])
		}
	}
	sample := fill(template, func(_ string, quoted bool) string {
		if quoted {
			return ""
		}
		return "0"
	})
	if !json.Valid([]byte(sample)) {
		return nil, gateway.NotImplemented("the InputTemplate of target " + t.ID + ": only one that is JSON when its " +
			"placeholders are filled in, such as {\"job\": <job>} or \"<job> has failed\"")
	}
	return func(e *acceptedEvent) (string, error) {
		text := fill(template, func(name string, quoted bool) string {
			v, found := variables[name].get(e.document)
			switch {
			case !found:
				return "" // as on AWS: a variable whose path finds nothing is empty
			case quoted:
				return inString(v)
			}
			return jsonText(v)
		})
		if !json.Valid([]byte(text)) {
			return "", fmt.Errorf("the InputTemplate of target %s does not give JSON for event %s: %s", t.ID, e.ID, text)
		}
		return text, nil
	}, nil
}

// fill replaces the placeholders of a template. quoted is true for a placeholder inside a JSON string.
func fill(template string, value func(name string, quoted bool) string) string {
	var b strings.Builder
	quoted, done := false, 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(template, -1) {
		between := template[done:m[0]]
		for i := 0; i < len(between); i++ {
			switch between[i] {
			case '\\':
				i++
			case '"':
				quoted = !quoted
			}
		}
		b.WriteString(between)
		b.WriteString(value(template[m[2]:m[3]], quoted))
		done = m[1]
	}
	b.WriteString(template[done:])
	return b.String()
}

// inString returns a value for a place inside a JSON string. As on AWS, it escapes text, but not an object or an array.
func inString(v any) string {
	text := jsonText(v)
	if _, isText := v.(string); isText {
		text = text[1 : len(text)-1]
	}
	return text
}

// jsonText returns v as compact JSON.
func jsonText(v any) string {
	text, err := encode(v)
	if err != nil {
		panic(err) // a value decoded from JSON can always be encoded
	}
	return string(text)
}
