package department

import (
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/oralake/oralake/internal/yamlschema"
)

func filterKeys() yamlschema.Mapping[Filter] {
	same := func(f *Filter) *Filter { return f }
	return yamlschema.Mapping[Filter]{
		Example: "{column: NAME, eq: VALUE}",
		Fields: []yamlschema.Field[Filter]{
			yamlschema.Required("column", "NAME", "The column.", identifier{"column", "O_ORDERDATE"},
				func(f *Filter) *string { return &f.Column }),
			yamlschema.Optional("eq", "The column equals this.", comparison("eq"), same),
			yamlschema.Optional("noteq", "The column differs from this.", comparison("noteq"), same),
			yamlschema.Optional("gte", "The column is this or more.", comparison("gte"), same),
			yamlschema.Optional("lte", "The column is this or less.", comparison("lte"), same),
			yamlschema.Optional("between", "[from, to]: the column is between the two values, both ends included.", span("between"), same),
			yamlschema.Optional("notbetween", "[from, to]: the column is less than from or more than to.", span("notbetween"), same),
			yamlschema.Optional("isNull", "true: the column is NULL; false: it is not.", nullness{}, same),
		},
		OneOf: [][]string{{"eq", "noteq", "gte", "lte", "between", "notbetween", "isNull"}},
	}
}

// comparison is a filter's operator with one value.
type comparison string

func (s comparison) Decode(d *yamlschema.Decoder, n *yamlschema.Node, into *Filter) {
	into.Operator = string(s)
	literal{}.Decode(d, n, &into.Value)
}

func (comparison) SetDefault(*Filter) {}

func (comparison) Schema() *jsonschema.Schema { return literal{}.Schema() }

// span is a filter's operator with two values, the first not above the second.
type span string

var spanEnds = yamlschema.List[string]{Of: literal{}, AtLeast: 2, AtMost: 2, Noun: "a value"}

func (s span) Decode(d *yamlschema.Decoder, n *yamlschema.Node, into *Filter) {
	into.Operator = string(s)
	var ends []string
	spanEnds.Decode(d, n, &ends)
	if n.Refused() || n.Item(0).Refused() || n.Item(1).Refused() {
		return
	}
	into.From, into.To = ends[0], ends[1]
	if order, known := compare(ends[0], ends[1]); known && order > 0 {
		d.Refuse(n, yamlschema.Faultf("write ["+ends[1]+", "+ends[0]+"]", "%s begins with %s, which is more than its end, %s", n.Label(),
			yamlschema.Clipped(ends[0]), yamlschema.Clipped(ends[1])))
	}
}

func (span) SetDefault(*Filter) {}

func (span) Schema() *jsonschema.Schema { return spanEnds.Schema() }

// nullness is isNull: true or false.
type nullness struct{}

func (nullness) Decode(d *yamlschema.Decoder, n *yamlschema.Node, into *Filter) {
	var null bool
	yamlschema.Boolean{}.Decode(d, n, &null)
	if n.Refused() {
		return
	}
	into.Operator = "notnull"
	if null {
		into.Operator = "null"
	}
}

func (nullness) SetDefault(*Filter) {}

func (nullness) Schema() *jsonschema.Schema { return yamlschema.Boolean{}.Schema() }
