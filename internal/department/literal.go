package department

import (
	"cmp"
	"math/big"
	"regexp"
	"strings"
	"unicode"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/oralake/oralake/internal/yamlschema"
)

// literal is a value that is compared with a column: text, a date or a number, kept as it is written. A number needs no
// quotes if YAML and Oracle read it in the same way.
type literal struct{}

var (
	plainNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	plainDate   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$`)
)

func (literal) Decode(d *yamlschema.Decoder, n *yamlschema.Node, into *string) {
	switch {
	case n.Refused():
		return
	case n.Kind == yamlschema.KindNumber && !plainNumber.MatchString(n.Text):
		d.Refuse(n, yamlschema.Faultf("write the number in plain digits, or put quotes around it",
			"%s is %s: YAML and Oracle may read it as different numbers", n.Label(), n.Shown()))
	case n.Kind != yamlschema.KindNumber && n.Kind != yamlschema.KindText:
		d.Refuse(n, yamlschema.Faultf("write text, a number or a date", "%s is %s, not a single value", n.Label(), n.Shown()))
	case n.Text == "":
		d.Refuse(n, yamlschema.Faultf("use isNull: true to find empty columns", "%s is empty: for Oracle empty text is NULL",
			n.Label()))
	case strings.ContainsFunc(n.Text, unicode.IsControl):
		d.Refuse(n, yamlschema.Faultf("write it on one line", "%s is %s, which has a line break or another control character",
			n.Label(), yamlschema.Quoted(n.Text)))
	default:
		*into = n.Text
	}
}

func (literal) SetDefault(*string) {}

func (literal) Schema() *jsonschema.Schema {
	return &jsonschema.Schema{Types: []string{"string", "number"}}
}

// compare compares two literals as Oracle does. The result is known for two numbers and for two dates. The order of text
// depends on the database.
func compare(a, b string) (order int, known bool) {
	if plainNumber.MatchString(a) && plainNumber.MatchString(b) {
		x, okX := new(big.Rat).SetString(a)
		y, okY := new(big.Rat).SetString(b)
		if okX && okY {
			return x.Cmp(y), true
		}
	}
	if plainDate.MatchString(a) && plainDate.MatchString(b) && len(a) == len(b) {
		return cmp.Compare(strings.Replace(a, "T", " ", 1), strings.Replace(b, "T", " ", 1)), true
	}
	return 0, false
}
