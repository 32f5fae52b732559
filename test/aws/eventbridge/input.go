package eventbridge

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// newInput makes what a target gets of an event: the event, a part of it, a constant, or a template filled in.
func (t *target) newInput() (func(*delivery) (string, error), error) {
	given := 0
	for _, is := range []bool{t.Input != nil, t.InputPath != nil, t.InputTransformer != nil} {
		if is {
			given++
		}
	}
	switch {
	case given > 1:
		return nil, invalid("Only one of Input, InputPath, or InputTransformer must be provided for target %s.", t.ID)
	case t.Input != nil:
		if !json.Valid([]byte(*t.Input)) {
			return nil, invalid("The Input of target %s is no valid JSON.", t.ID)
		}
		return func(*delivery) (string, error) { return *t.Input, nil }, nil
	case t.InputPath != nil:
		p, err := parsePath(*t.InputPath)
		if err != nil {
			return nil, err
		}
		return func(d *delivery) (string, error) {
			part, found := p.get(d.event.document)
			if !found {
				return "", fmt.Errorf("InputPath %s: the event has no such part", p.text)
			}
			return jsonText(part), nil
		}, nil
	case t.InputTransformer != nil:
		return t.newTemplate()
	}
	return func(d *delivery) (string, error) { return string(d.event.text), nil }, nil
}

var placeholder = regexp.MustCompile(`<([A-Za-z0-9_.-]+)>`)

// variable is what a placeholder stands for in one delivery; false when the event does not have it.
type variable func(*delivery) (any, bool)

// predefined are the variables that every template has. Source:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
var predefined = map[string]variable{
	"aws.events.rule-arn":  func(d *delivery) (any, bool) { return d.ruleARN, true },
	"aws.events.rule-name": func(d *delivery) (any, bool) { return d.rule, true },
	"aws.events.event.ingestion-time": func(d *delivery) (any, bool) {
		return d.event.at.UTC().Format("2006-01-02T15:04:05Z"), true
	},
	"aws.events.event.json": func(d *delivery) (any, bool) { return json.RawMessage(d.event.text), true },
	"aws.events.event": func(d *delivery) (any, bool) {
		without := d.event.envelope
		without.Detail = nil
		text, err := encode(without)
		return json.RawMessage(text), err == nil
	},
}

// newTemplate makes an InputTransformer. Templates that are not JSON, be it an object or a string, are refused.
func (t *target) newTemplate() (func(*delivery) (string, error), error) {
	variables := map[string]variable{}
	for name, path := range t.InputTransformer.InputPathsMap {
		if strings.HasPrefix(strings.ToLower(name), "aws.") || !placeholder.MatchString("<"+name+">") {
			return nil, invalid("Invalid InputPathsMap of target %s: %q is no name for a variable.", t.ID, name)
		}
		p, err := parsePath(path)
		if err != nil {
			return nil, err
		}
		variables[name] = func(d *delivery) (any, bool) { return p.get(d.event.document) }
	}
	maps.Copy(variables, predefined)
	template := t.InputTransformer.InputTemplate
	for _, m := range placeholder.FindAllStringSubmatch(template, -1) {
		if variables[m[1]] == nil {
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
	return func(d *delivery) (string, error) {
		text := fill(template, func(name string, quoted bool) string {
			v, found := variables[name](d)
			switch {
			case !found:
				return "" // AWS: the variable is not created and does not appear
			case quoted:
				return inString(v)
			}
			return jsonText(v)
		})
		if !json.Valid([]byte(text)) {
			return "", fmt.Errorf("the InputTemplate of target %s makes no JSON of event %s: %s", t.ID, d.event.ID, text)
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
