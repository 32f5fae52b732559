package eventbridge

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// path is a JSON path in dot notation with array indices, such as $.detail.status or $.resources[0]. Wildcards and
// brackets with names are not implemented.
type path struct {
	text  string
	steps []any // a string for a member, an int for an element
}

var (
	pathForm = regexp.MustCompile(`^\$((\.[A-Za-z0-9_/-]+)(\[\d+\])*)*$`)
	pathStep = regexp.MustCompile(`\.([A-Za-z0-9_/-]+)|\[(\d+)\]`)
)

func parsePath(text string) (path, error) {
	if !pathForm.MatchString(text) {
		if strings.HasPrefix(text, "$") {
			return path{}, gateway.NotImplemented("the JSON path " + text + ": only dots and indices, such as $.resources[0]")
		}
		return path{}, invalid("JSON path %q must begin with $", text)
	}
	p := path{text: text}
	for _, m := range pathStep.FindAllStringSubmatch(text, -1) {
		if m[1] != "" {
			p.steps = append(p.steps, m[1])
			continue
		}
		n, err := strconv.Atoi(m[2])
		if err != nil {
			return path{}, invalid("JSON path %q: %v", text, err)
		}
		p.steps = append(p.steps, n)
	}
	return p, nil
}

// get returns the value at the path in a document, and false when the document has no such value.
func (p path) get(document any) (any, bool) {
	for _, step := range p.steps {
		switch step := step.(type) {
		case string:
			object, _ := document.(map[string]any)
			value, ok := object[step]
			if !ok {
				return nil, false
			}
			document = value
		case int:
			array, _ := document.([]any)
			if step >= len(array) {
				return nil, false
			}
			document = array[step]
		}
	}
	return document, true
}
