package department

import (
	"github.com/google/jsonschema-go/jsonschema"
)

// comparison is a filter's operator with one value.
type comparison string

func (s comparison) read(r *reader, n *node, into *Filter) {
	into.Operator = string(s)
	literal{}.read(r, n, &into.Value)
}

func (comparison) absent(*Filter) {}

func (comparison) schema() *jsonschema.Schema { return literal{}.schema() }

// span is a filter's operator with two values, the first not above the second.
type span string

var spanEnds = listOf[string]{of: literal{}, atLeast: 2, atMost: 2, noun: "a value"}

func (s span) read(r *reader, n *node, into *Filter) {
	into.Operator = string(s)
	var ends []string
	spanEnds.read(r, n, &ends)
	if n.bad || n.item(0).bad || n.item(1).bad {
		return
	}
	into.From, into.To = ends[0], ends[1]
	if order, known := compare(ends[0], ends[1]); known && order > 0 {
		r.refuse(n, faultf("write ["+ends[1]+", "+ends[0]+"]", "%s runs backwards, from %s to %s", n.label(),
			clipped(ends[0]), clipped(ends[1])))
	}
}

func (span) absent(*Filter) {}

func (span) schema() *jsonschema.Schema { return spanEnds.schema() }

// nullness is isNull.
type nullness struct{}

func (nullness) read(r *reader, n *node, into *Filter) {
	var null bool
	yesNo{}.read(r, n, &null)
	into.Operator = "notnull"
	if null {
		into.Operator = "null"
	}
}

func (nullness) absent(*Filter) {}

func (nullness) schema() *jsonschema.Schema { return yesNo{}.schema() }

// automatic is one of the ways of parallel that take no more than a word.
type automatic struct{}

var automaticWord = choice[string]{"partitions-auto", Auto, None}

func (automatic) read(r *reader, n *node, into *Parallel) {
	if n.kind == text && (n.text == "ranges" || n.text == "partitions-list" || n.text == "partitions") {
		r.refuse(n, faultf("write {partitions: [P1, P2]} or {ranges: {columns: [NAME], boundaries: [[1000]]}}",
			"%s needs more than the word %s", n.label(), n.text))
		return
	}
	automaticWord.read(r, n, &into.Type)
}

func (automatic) absent(*Parallel) {}

func (automatic) schema() *jsonschema.Schema { return automaticWord.schema() }
