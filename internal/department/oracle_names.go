package department

import (
	"strings"
	"unicode"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/oralake/oralake/internal/yamlschema"
)

// maxName is the longest Oracle name that DMS supports, in bytes (CHAP_Source.Oracle, limitations). Oracle allows 128.
const maxName = 30

// oracleName returns why DMS or Oracle would refuse name, or nil. noun is the kind of object, such as "table".
func oracleName(noun, name string) *yamlschema.Fault {
	first, _ := firstRune(name)
	upper := strings.ToUpper(name)
	switch {
	case name == "":
		return yamlschema.Faultf("write the "+noun+"'s name", "the %s has no name", noun)
	case strings.ContainsAny(name, `"'`):
		return yamlschema.Faultf("remove the quotes, or leave the "+noun+" out",
			"%s has quotes: case-sensitive Oracle names are not supported, and DMS refuses quotes", yamlschema.Clipped(name))
	case strings.ContainsAny(name, "%*?[]"):
		return yamlschema.Faultf("write every "+noun+" by its name",
			"%s has a wildcard, which could load a whole database by accident", yamlschema.Clipped(name))
	case noun == "table" && strings.HasPrefix(upper, "BIN$"):
		return yamlschema.Faultf("remove it", "%s is a dropped table in Oracle's recycle bin", yamlschema.Clipped(name))
	case noun == "table" && strings.HasPrefix(upper, "DR$"):
		return yamlschema.Faultf("remove it, and name the table that the index is on instead", "%s belongs to an Oracle Text index",
			yamlschema.Clipped(name))
	case name != upper:
		return yamlschema.Faultf("write "+yamlschema.Clipped(upper),
			"%s has lower-case letters: Oracle keeps unquoted names in upper case, and DMS compares them exactly", yamlschema.Clipped(name))
	case len(name) > maxName:
		fix := "give the " + noun + " a shorter name in Oracle, or leave it out"
		if noun == "table" {
			fix += ", or in a full-load job list a view of it that has a shorter name, with view: true"
		}
		return yamlschema.Faultf(fix,
			"%s has %d bytes: DMS supports Oracle names of at most %d", yamlschema.Clipped(name), len(name), maxName)
	case !unicode.IsLetter(first):
		return yamlschema.Faultf("write the name as Oracle's dictionary has it", "%s does not begin with a letter", yamlschema.Quoted(name))
	}
	for _, c := range name {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("_$#", c) {
			return yamlschema.Faultf("write the name as Oracle's dictionary has it",
				"%s has the character %q: unquoted Oracle names have letters, digits, _, $ and #", yamlschema.Quoted(name), c)
		}
	}
	return nil
}

func firstRune(s string) (rune, bool) {
	for _, c := range s {
		return c, true
	}
	return 0, false
}

// identifier is an Oracle name of a column or a partition.
type identifier struct{ noun, example string }

func (s identifier) text() yamlschema.Text {
	return yamlschema.Text{Example: s.example, Check: func(v string) *yamlschema.Fault { return oracleName(s.noun, v) }}
}

func (s identifier) Decode(d *yamlschema.Decoder, n *yamlschema.Node, into *string) {
	s.text().Decode(d, n, into)
}

func (s identifier) SetDefault(*string) {}

func (s identifier) Schema() *jsonschema.Schema {
	out := s.text().Schema()
	out.MaxLength = jsonschema.Ptr(maxName)
	return out
}

// tableName decodes SCHEMA.TABLE into a Table.
type tableName struct{}

func (tableName) Decode(d *yamlschema.Decoder, n *yamlschema.Node, into *Table) {
	v, ok := d.Text(n, "SALES.ORDERS")
	if !ok {
		return
	}
	schema, name, dotted := strings.Cut(v, ".")
	switch {
	case strings.ContainsAny(v, `"'%*?[]`):
		d.Refuse(n, oracleName("table", v))
	case !dotted:
		d.Refuse(n, yamlschema.Faultf("write SCHEMA."+yamlschema.Clipped(v), "table %s has no schema", yamlschema.Quoted(v)))
	case strings.Contains(name, "."):
		d.Refuse(n, yamlschema.Faultf("write SCHEMA.TABLE", "table %s has more than one dot", yamlschema.Quoted(v)))
	default:
		// Both names must be valid. Only the first problem is reported.
		f := oracleName("schema", schema)
		if g := oracleName("table", name); f == nil {
			f = g
		}
		if f != nil && v != strings.ToUpper(v) {
			f.Fix = "write " + yamlschema.Clipped(strings.ToUpper(v))
		}
		d.Refuse(n, f)
	}
	if !n.Refused() {
		into.Schema, into.Name = schema, name
	}
}

func (tableName) SetDefault(*Table) {}

func (tableName) Schema() *jsonschema.Schema {
	const part = `[^\s.a-z%*?'"]+`
	return &jsonschema.Schema{
		Type: "string", Pattern: "^" + part + `\.` + part + "$", Examples: []any{"SALES.ORDERS"},
	}
}
