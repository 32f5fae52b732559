package department

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/google/jsonschema-go/jsonschema"
)

// word is text of a certain form.
type word struct {
	pattern string // RE2 and ECMAScript alike; empty for any text but none
	form    string // the pattern in words: "PATTERN's value is not FORM"
	example string
	check   func(string) *fault // what a pattern cannot say; nil for none
	// tidy makes of text that misses the pattern what was probably meant; nil for a form that nobody misses by a little.
	tidy func(string) string
}

func (s word) read(r *reader, n *node, into *string) {
	if (n.kind == number || n.kind == flag) && !n.bad && s.pattern != "" && !r.matches(s.pattern, n.text) {
		r.refuse(n, faultf("write "+s.form+", such as "+s.example, "%s is %s, not text", n.label(), n.shown()))
		return
	}
	v, ok := r.text(n, s.example)
	if !ok {
		return
	}
	switch {
	case s.pattern == "" && v == "":
		r.refuse(n, faultf("write a value, such as "+s.example, "%s is empty", n.label()))
	case s.pattern != "" && !r.matches(s.pattern, v):
		fix := "write " + s.form + ", such as " + s.example
		if meant := s.meant(r, v); meant != "" {
			fix = "write " + meant + ": it takes " + s.form
		}
		r.refuse(n, faultf(fix, "%s is %s, which has another form", n.label(), quoted(v)))
	case s.check != nil:
		r.refuse(n, s.check(v))
	}
	*into = v
}

// meant is the value that v was probably meant to be, or "".
func (s word) meant(r *reader, v string) string {
	if s.tidy == nil {
		return ""
	}
	v = s.tidy(v)
	if !r.matches(s.pattern, v) || s.check != nil && s.check(v) != nil {
		return ""
	}
	return v
}

func (s word) absent(*string) {}

func (s word) schema() *jsonschema.Schema {
	out := &jsonschema.Schema{Type: "string", Pattern: s.pattern}
	if s.pattern == "" {
		out.MinLength = jsonschema.Ptr(1)
	}
	if s.example != "" {
		out.Examples = []any{s.example}
	}
	return out
}

// text is the node's text; anything else is reported.
func (r *reader) text(n *node, example string) (string, bool) {
	switch {
	case n.bad:
		return "", false
	case n.kind == number || n.kind == flag:
		r.refuse(n, faultf(fmt.Sprintf("put quotes around it: %q", n.text), "%s is %s, not text", n.label(), n.shown()))
		return "", false
	case n.kind != text:
		r.refuse(n, faultf("write text, such as "+example, "%s is %s, not text", n.label(), n.shown()))
		return "", false
	}
	return n.text, true
}

// choice is one of a few words.
type choice[S ~string] []S

func (s choice[S]) read(r *reader, n *node, into *S) {
	words := s.words()
	fix, among := "write "+listed(words, "or"), "one of "+listed(words, "and")
	if len(words) == 1 {
		fix, among = "write "+n.written(words[0]), words[0]
	}
	if (n.kind == number || n.kind == flag) && !n.bad {
		r.refuse(n, faultf(fix, "%s is %s, not %s", n.label(), n.shown(), among))
		return
	}
	v, ok := r.text(n, words[0])
	if !ok {
		return
	}
	if !slices.Contains(words, v) {
		if near := nearest(v, words); near != "" && len(words) > 1 {
			fix = "write " + near
		}
		r.refuse(n, faultf(fix, "%s is %s, not %s", n.label(), quoted(v), among))
		return
	}
	*into = S(v)
}

func (s choice[S]) absent(*S) {}

func (s choice[S]) words() []string {
	words := make([]string, len(s))
	for i, w := range s {
		words[i] = string(w)
	}
	return words
}

func (s choice[S]) schema() *jsonschema.Schema {
	out := &jsonschema.Schema{Type: "string"}
	for _, w := range s {
		out.Enum = append(out.Enum, string(w))
	}
	return out
}

// whole is a whole number between two bounds, both included, or one of a few.
type whole struct {
	from, to int
	steps    []int // if set, the only ones
	unit     string
}

var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

func (s whole) read(r *reader, n *node, into *int) {
	if n.bad {
		return
	}
	v, err := strconv.Atoi(n.text)
	switch {
	case n.kind != number || !decimal.MatchString(n.text):
		r.refuse(n, faultf("write "+s.form(), "%s is %s, not a whole number", n.label(), n.shown()))
		return
	case err != nil || v < s.from || v > s.to:
		r.refuse(n, faultf("write "+s.form(), "%s is %s, which is out of range", n.label(), clipped(n.text)))
		return
	case s.steps != nil && !slices.Contains(s.steps, v):
		r.refuse(n, faultf("write "+s.form()+", such as "+strconv.Itoa(s.nextStep(v)),
			"%s is %d, which is not one of the steps there are", n.label(), v))
		return
	}
	*into = v
}

func (s whole) absent(*int) {}

func (s whole) form() string {
	if s.steps != nil {
		return fmt.Sprintf("one of %s %s", listed(decimals(s.steps), "or"), s.unit)
	}
	return fmt.Sprintf("%d to %d %s", s.from, s.to, s.unit)
}

// nextStep is the smallest step not below v; there is one, since v is within the bounds.
func (s whole) nextStep(v int) int {
	i, _ := slices.BinarySearch(s.steps, v)
	return s.steps[min(i, len(s.steps)-1)]
}

func (s whole) schema() *jsonschema.Schema {
	out := &jsonschema.Schema{Type: "integer"}
	if s.steps != nil {
		for _, v := range s.steps {
			out.Enum = append(out.Enum, v)
		}
		return out
	}
	out.Minimum, out.Maximum = jsonschema.Ptr(float64(s.from)), jsonschema.Ptr(float64(s.to))
	return out
}

func decimals(numbers []int) []string {
	out := make([]string, len(numbers))
	for i, v := range numbers {
		out[i] = strconv.Itoa(v)
	}
	return out
}

// wholeOr is a whole number, or a word that stands for one.
type wholeOr struct {
	whole
	word  string
	value int
}

func (s wholeOr) read(r *reader, n *node, into *int) {
	switch {
	case n.kind == text && n.text == s.word && !n.bad:
		*into = s.value
	case n.kind == text && !n.bad:
		r.refuse(n, faultf("write "+s.form()+", or "+s.word, "%s is %s, neither a whole number nor %s", n.label(), n.shown(), s.word))
	default:
		s.whole.read(r, n, into)
	}
}

func (s wholeOr) schema() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{s.whole.schema(), choice[string]{s.word}.schema()}}
}

// yesNo is true or false.
type yesNo struct{}

func (yesNo) read(r *reader, n *node, into *bool) {
	if n.bad {
		return
	}
	if n.kind != flag {
		r.refuse(n, faultf("write true or false", "%s is %s, not true or false", n.label(), n.shown()))
		return
	}
	*into = n.text == "true" || n.text == "True" || n.text == "TRUE"
}

func (yesNo) absent(*bool) {}

func (yesNo) schema() *jsonschema.Schema { return &jsonschema.Schema{Type: "boolean"} }
