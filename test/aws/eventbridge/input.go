package eventbridge

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// newInput makes what a target gets of an event: the event, or a template filled in.
func (t *target) newInput() (func(*arrived) (string, error), error) {
	if t.InputTransformer != nil {
		return t.newTemplate()
	}
	return func(e *arrived) (string, error) { return string(e.text), nil }, nil
}

var placeholder = regexp.MustCompile(`<([A-Za-z0-9_.-]+)>`)

// newTemplate makes an InputTransformer. Templates that are not JSON, be it an object or a string, are refused.
func (t *target) newTemplate() (func(*arrived) (string, error), error) {
	variables := map[string]path{}
	for name, path := range t.InputTransformer.InputPathsMap {
		if strings.HasPrefix(strings.ToLower(name), "aws.") || !placeholder.MatchString("<"+name+">") {
			return nil, invalid("Invalid InputPathsMap of target %s: %q is no name for a variable.", t.ID, name)
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
	form := fill(template, func(_ string, quoted bool) string {
		if quoted {
			return ""
		}
		return "0"
	})
	if !json.Valid([]byte(form)) {
		return nil, gateway.NotImplemented("the InputTemplate of target " + t.ID + ": only one that is JSON when its " +
			"placeholders are filled in, such as {\"job\": <job>} or \"<job> has failed\"")
	}
	return func(e *arrived) (string, error) {
		text := fill(template, func(name string, quoted bool) string {
			v, found := variables[name].get(e.document)
			switch {
			case !found:
				return "" // AWS: the variable is not created and does not appear
			case quoted:
				return inString(v)
			}
			return jsonText(v)
		})
		if !json.Valid([]byte(text)) {
			return "", fmt.Errorf("the InputTemplate of target %s makes no JSON of event %s: %s", t.ID, e.ID, text)
		}
		return text, nil
	}, nil
}

// fill replaces the placeholders of a template; quoted says that one is inside of a JSON string.
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

// inString is a value inside of a JSON string: text is escaped there, and an object or an array is not, as on AWS.
func inString(v any) string {
	text := jsonText(v)
	if _, isText := v.(string); isText {
		text = text[1 : len(text)-1]
	}
	return text
}

// jsonText is compact JSON.
func jsonText(v any) string {
	text, err := encode(v)
	if err != nil {
		panic(err) // what was decoded from JSON can be encoded
	}
	return string(text)
}
