package department

import (
	"regexp"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/oralake/oralake/internal/yamlschema"
)

// startPoint is the position at which a cdc job starts: now, an SCN (without quotes) or a time.
type startPoint struct{}

var (
	scn     = regexp.MustCompile(`^[1-9][0-9]{0,19}$`)
	instant = `[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})`
)

func (startPoint) Decode(d *yamlschema.Decoder, n *yamlschema.Node, into *string) {
	if n.Refused() {
		return
	}
	isTime := func() bool {
		_, err := time.Parse(time.RFC3339, n.Text)
		return err == nil
	}
	switch {
	case (n.Kind == yamlschema.KindNumber || n.Kind == yamlschema.KindText) && scn.MatchString(n.Text):
	case n.Kind == yamlschema.KindText && (n.Text == StartNow || isTime()):
	default:
		d.Refuse(n, yamlschema.Faultf("write now, an SCN such as 1234567, or a time with its zone such as 2026-11-22T02:00:00Z",
			"%s is %s, which is not a position in the redo log", n.Label(), n.Shown()))
		return
	}
	*into = n.Text
}

func (startPoint) SetDefault(*string) {}

func (startPoint) Schema() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "integer", Minimum: jsonschema.Ptr(1.0)},
		{Type: "string", Pattern: "^(" + StartNow + "|[1-9][0-9]{0,19}|" + instant + ")$"},
	}}
}
