package department

import (
	"regexp"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

// startPoint is where a cdc job begins: now, an SCN, which needs no quotes, or a time.
type startPoint struct{}

var (
	scn     = regexp.MustCompile(`^[1-9][0-9]{0,19}$`)
	instant = `[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})`
)

func (startPoint) read(r *reader, n *node, into *string) {
	if n.bad {
		return
	}
	isTime := func() bool {
		_, err := time.Parse(time.RFC3339, n.text)
		return err == nil
	}
	switch {
	case (n.kind == number || n.kind == text) && scn.MatchString(n.text):
	case n.kind == text && (n.text == StartNow || isTime()):
	default:
		r.refuse(n, faultf("write now, an SCN such as 1234567, or a time with its zone such as 2026-11-22T02:00:00Z",
			"%s is %s, which is no place in the redo log", n.label(), n.shown()))
		return
	}
	*into = n.text
}

func (startPoint) absent(*string) {}

func (startPoint) schema() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "integer", Minimum: jsonschema.Ptr(1.0)},
		{Type: "string", Pattern: "^(" + StartNow + "|[1-9][0-9]{0,19}|" + instant + ")$"},
	}}
}
