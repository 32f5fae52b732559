package yamlschema

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/google/jsonschema-go/jsonschema"
)

// Text is text that is not empty and matches a pattern.
type Text struct {
	Pattern string // a regular expression with the same meaning in RE2 and ECMAScript; empty for any text
	Form    string // the pattern in words that follow "write"
	Example string
	Check   func(string) *Fault // checks what a pattern cannot; may be nil
	// Tidy turns text that does not match the pattern into the text that the writer probably meant. It may be nil.
	Tidy func(string) string
}

// Decode stores the text of n, even if it refuses n because the text is not valid.
func (t Text) Decode(d *Decoder, n *Node, into *string) {
	if (n.Kind == KindNumber || n.Kind == KindBoolean) && !n.refused && t.Pattern != "" && !d.matches(t.Pattern, n.Text) {
		d.Refuse(n, Faultf("write "+t.Form+", such as "+t.Example, "%s is %s, not text", n.Label(), n.Shown()))
		return
	}
	v, ok := d.Text(n, t.Example)
	if !ok {
		return
	}
	switch {
	case t.Pattern == "" && v == "":
		d.Refuse(n, Faultf("write a value, such as "+t.Example, "%s is empty", n.Label()))
	case t.Pattern != "" && !d.matches(t.Pattern, v):
		fix := "write " + t.Form + ", such as " + t.Example
		if meant := t.Corrected(d, v); meant != "" {
			fix = "write " + meant + ": it takes " + t.Form
		}
		d.Refuse(n, Faultf(fix, "%s is %s, which is not valid", n.Label(), Quoted(v)))
	case t.Check != nil:
		d.Refuse(n, t.Check(v))
	}
	*into = v
}

// Corrected returns the valid text that v probably means, or "".
func (t Text) Corrected(d *Decoder, v string) string {
	if t.Tidy == nil {
		return ""
	}
	v = t.Tidy(v)
	if !d.matches(t.Pattern, v) || t.Check != nil && t.Check(v) != nil {
		return ""
	}
	return v
}

// SetDefault stores nothing.
func (t Text) SetDefault(*string) {}

// Schema is a string with the pattern.
func (t Text) Schema() *jsonschema.Schema {
	out := &jsonschema.Schema{Type: "string", Pattern: t.Pattern}
	if t.Pattern == "" {
		out.MinLength = jsonschema.Ptr(1)
	}
	if t.Example != "" {
		out.Examples = []any{t.Example}
	}
	return out
}

// Text returns the text of n and true. If n is not text, Text refuses n, with the example in the fix, and returns false. It
// also returns false for a node that is already refused.
func (d *Decoder) Text(n *Node, example string) (string, bool) {
	switch {
	case n.refused:
		return "", false
	case n.Kind == KindNumber || n.Kind == KindBoolean:
		d.Refuse(n, Faultf(fmt.Sprintf("put quotes around it: %q", n.Text), "%s is %s, not text", n.Label(), n.Shown()))
		return "", false
	case n.Kind != KindText:
		d.Refuse(n, Faultf("write text, such as "+example, "%s is %s, not text", n.Label(), n.Shown()))
		return "", false
	}
	return n.Text, true
}

// Choice is one of a few words.
type Choice[S ~string] []S

// Decode stores the word.
func (t Choice[S]) Decode(d *Decoder, n *Node, into *S) {
	words := t.words()
	fix, among := "write "+Listed(words, "or"), "one of "+Listed(words, "and")
	if len(words) == 1 {
		fix, among = "write "+n.written(words[0]), words[0]
	}
	if (n.Kind == KindNumber || n.Kind == KindBoolean) && !n.refused {
		d.Refuse(n, Faultf(fix, "%s is %s, not %s", n.Label(), n.Shown(), among))
		return
	}
	v, ok := d.Text(n, words[0])
	if !ok {
		return
	}
	if !slices.Contains(words, v) {
		if near := Nearest(v, words); near != "" && len(words) > 1 {
			fix = "write " + near
		}
		d.Refuse(n, Faultf(fix, "%s is %s, not %s", n.Label(), Quoted(v), among))
		return
	}
	*into = S(v)
}

// SetDefault stores nothing.
func (t Choice[S]) SetDefault(*S) {}

func (t Choice[S]) words() []string {
	words := make([]string, len(t))
	for i, w := range t {
		words[i] = string(w)
	}
	return words
}

// Schema is a string with an enum.
func (t Choice[S]) Schema() *jsonschema.Schema {
	out := &jsonschema.Schema{Type: "string"}
	for _, w := range t {
		out.Enum = append(out.Enum, string(w))
	}
	return out
}

// Integer is a whole number between From and To, both included.
type Integer struct {
	From, To int
	Steps    []int  // if set, the only allowed numbers, ascending, between From and To
	Unit     string // what the number counts, such as "days"
}

var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

// Decode stores a number in plain decimal digits.
func (t Integer) Decode(d *Decoder, n *Node, into *int) {
	if n.refused {
		return
	}
	v, err := strconv.Atoi(n.Text)
	switch {
	case n.Kind != KindNumber || !decimal.MatchString(n.Text):
		d.Refuse(n, Faultf("write "+t.allowed(), "%s is %s, not a whole number", n.Label(), n.Shown()))
		return
	case err != nil || v < t.From || v > t.To:
		d.Refuse(n, Faultf("write "+t.allowed(), "%s is %s, which is out of range", n.Label(), Clipped(n.Text)))
		return
	case t.Steps != nil && !slices.Contains(t.Steps, v):
		d.Refuse(n, Faultf("write "+t.allowed()+", such as "+strconv.Itoa(t.nextStep(v)),
			"%s is %d, which is not one of the allowed numbers", n.Label(), v))
		return
	}
	*into = v
}

// SetDefault stores nothing.
func (t Integer) SetDefault(*int) {}

// allowed returns the allowed numbers in words that follow "write".
func (t Integer) allowed() string {
	if t.Steps != nil {
		return fmt.Sprintf("one of %s %s", Listed(decimals(t.Steps), "or"), t.Unit)
	}
	return fmt.Sprintf("%d to %d %s", t.From, t.To, t.Unit)
}

// nextStep returns the smallest step that is at least v, or the last step.
func (t Integer) nextStep(v int) int {
	i, _ := slices.BinarySearch(t.Steps, v)
	return t.Steps[min(i, len(t.Steps)-1)]
}

// Schema is an integer with the bounds, or with the steps as an enum.
func (t Integer) Schema() *jsonschema.Schema {
	out := &jsonschema.Schema{Type: "integer"}
	if t.Steps != nil {
		for _, v := range t.Steps {
			out.Enum = append(out.Enum, v)
		}
		return out
	}
	out.Minimum, out.Maximum = jsonschema.Ptr(float64(t.From)), jsonschema.Ptr(float64(t.To))
	return out
}

func decimals(numbers []int) []string {
	out := make([]string, len(numbers))
	for i, v := range numbers {
		out[i] = strconv.Itoa(v)
	}
	return out
}

// IntegerOr is a whole number, or a word such as "auto" that means a number.
type IntegerOr struct {
	Integer
	Word  string
	Value int // the number that the word means
}

// Decode stores the number, or Value for the word.
func (t IntegerOr) Decode(d *Decoder, n *Node, into *int) {
	switch {
	case n.Kind == KindText && n.Text == t.Word && !n.refused:
		*into = t.Value
	case n.Kind == KindText && !n.refused:
		d.Refuse(n, Faultf("write "+t.allowed()+", or "+t.Word, "%s is %s, neither a whole number nor %s", n.Label(), n.Shown(), t.Word))
	default:
		t.Integer.Decode(d, n, into)
	}
}

// Schema accepts the numbers and the word.
func (t IntegerOr) Schema() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{t.Integer.Schema(), Choice[string]{t.Word}.Schema()}}
}

// Boolean is true or false.
type Boolean struct{}

// Decode stores the boolean.
func (Boolean) Decode(d *Decoder, n *Node, into *bool) {
	if n.refused {
		return
	}
	if n.Kind != KindBoolean {
		d.Refuse(n, Faultf("write true or false", "%s is %s, not true or false", n.Label(), n.Shown()))
		return
	}
	*into = n.Text == "true" || n.Text == "True" || n.Text == "TRUE"
}

// SetDefault stores nothing.
func (Boolean) SetDefault(*bool) {}

// Schema is a boolean.
func (Boolean) Schema() *jsonschema.Schema { return &jsonschema.Schema{Type: "boolean"} }
