package department

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/google/jsonschema-go/jsonschema"
)

// maxName is the longest Oracle name DMS moves, in bytes (CHAP_Source.Oracle, limitations); Oracle itself allows 128.
const maxName = 30

// oracleName is what keeps DMS or Oracle from taking name as it is written, or nil. The noun says whose name it is.
func oracleName(noun, name string) *fault {
	first, _ := firstRune(name)
	upper := strings.ToUpper(name)
	switch {
	case name == "":
		return faultf("write the "+noun+"'s name", "the %s has no name", noun)
	case strings.ContainsAny(name, `"'`):
		return faultf("remove the quotes, or leave the "+noun+" out",
			"%s has quotes: case-sensitive Oracle names are not supported, and DMS refuses quotes", clipped(name))
	case strings.ContainsAny(name, "%*?[]"):
		return faultf("write every "+noun+" by its name",
			"%s has a wildcard, which could take a whole database by accident", clipped(name))
	case noun == "table" && strings.HasPrefix(upper, "BIN$"):
		return faultf("remove it", "%s is in Oracle's recycle bin: it was dropped", clipped(name))
	case noun == "table" && strings.HasPrefix(upper, "DR$"):
		return faultf("remove it, and name the table that the index is on instead", "%s belongs to an Oracle Text index",
			clipped(name))
	case name != upper:
		return faultf("write "+clipped(upper),
			"%s has lower-case letters: Oracle keeps unquoted names in upper case, and DMS compares them exactly", clipped(name))
	case len(name) > maxName:
		return faultf("use a view or a synonym with a shorter name, or leave the "+noun+" out",
			"%s has %d bytes: DMS moves no Oracle name longer than %d", clipped(name), len(name), maxName)
	case !unicode.IsLetter(first):
		return faultf("write the name as Oracle's dictionary has it", "%s does not begin with a letter", quoted(name))
	}
	for _, c := range name {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("_$#", c) {
			return faultf("write the name as Oracle's dictionary has it",
				"%s has the character %q: unquoted Oracle names have letters, digits, _, $ and #", quoted(name), c)
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

func (s identifier) word() word {
	return word{example: s.example, check: func(v string) *fault { return oracleName(s.noun, v) }}
}

func (s identifier) read(r *reader, n *node, into *string) { s.word().read(r, n, into) }

func (s identifier) absent(*string) {}

func (s identifier) schema() *jsonschema.Schema {
	out := s.word().schema()
	out.MaxLength = jsonschema.Ptr(maxName)
	return out
}

// tableName is SCHEMA.TABLE, stored in a Table.
type tableName struct{}

func (tableName) read(r *reader, n *node, into *Table) {
	v, ok := r.text(n, "SALES.ORDERS")
	if !ok {
		return
	}
	schema, name, dotted := strings.Cut(v, ".")
	switch {
	case strings.ContainsAny(v, `"'%*?[]`):
		r.refuse(n, oracleName("table", v))
	case !dotted:
		r.refuse(n, faultf("write SCHEMA."+clipped(v), "table %s has no schema", quoted(v)))
	case strings.Contains(name, "."):
		r.refuse(n, faultf("write SCHEMA.TABLE", "table %s has more than one dot", quoted(v)))
	default:
		// One problem a place: the schema's name comes first, but both must be right.
		f := oracleName("schema", schema)
		if g := oracleName("table", name); f == nil {
			f = g
		}
		if f != nil && v != strings.ToUpper(v) {
			f.fix = "write " + clipped(strings.ToUpper(v))
		}
		r.refuse(n, f)
	}
	if !n.bad {
		into.Schema, into.Name = schema, name
	}
}

func (tableName) absent(*Table) {}

func (tableName) schema() *jsonschema.Schema {
	const part = `[^\s.a-z%*?'"]+`
	return &jsonschema.Schema{
		Type: "string", Pattern: "^" + part + `\.` + part + "$", Examples: []any{"SALES.ORDERS"},
	}
}

// slug is the form of department and job names: they become parts of AWS names, and DMS allows a task identifier
// letters, digits and single hyphens, none of them last.
const slug = `^[a-z][a-z0-9]*(-[a-z0-9]+)*$`

func slugWord(noun, example string, longest int) word {
	return word{
		pattern: slug, example: example,
		form: "lower-case letters and digits with single hyphens between, beginning with a letter",
		tidy: func(v string) string {
			return strings.Join(strings.FieldsFunc(strings.ToLower(v), func(c rune) bool { return strings.ContainsRune("-_ .", c) }), "-")
		},
		check: func(v string) *fault {
			if len(v) <= longest {
				return nil
			}
			return faultf("shorten it", "%s has %d characters: %s has at most %d, to fit into AWS names",
				clipped(v), len(v), noun, longest)
		},
	}
}

// departmentName has no hyphen: tasks are named oralake-DEPARTMENT-JOB-NUMBER, and no two departments may ever give the
// same name. The stack oralake-account is the account's own.
var departmentName = word{
	pattern: `^[a-z][a-z0-9]*$`, form: "lower-case letters and digits, beginning with a letter", example: "sales",
	tidy: folded,
	check: func(v string) *fault {
		switch {
		case len(v) > 24:
			return faultf("shorten it", "%s has %d characters: a department's name has at most 24, to fit into AWS names",
				clipped(v), len(v))
		case v == "account":
			return faultf("choose another name", "account is the name of the stack that an account has once")
		}
		return nil
	},
}

// lakeName is a name that files, Glue and Athena can carry.
var lakeName = word{
	pattern: `^[A-Za-z][A-Za-z0-9_]{0,127}$`,
	form:    "a letter and then letters, digits and underscores, at most 128",
	example: "RETAIL",
}

var engine = regexp.MustCompile(`^([0-9]+)\.([0-9]+)\.([0-9]+)$`)

// oldestEngine is the oldest version of which an instance can still be made (CHAP_ReleaseNotes: none of 3.5.3 since
// February 2026).
var oldestEngine = [3]int{3, 5, 4}

func checkEngine(v string) *fault {
	var have [3]int
	for i, digits := range engine.FindStringSubmatch(v)[1:] {
		if _, err := fmt.Sscanf(digits, "%d", &have[i]); err != nil || len(digits) > 4 {
			return faultf("write a version such as 3.5.4", "engine version %s has a number that is too large", quoted(v))
		}
	}
	for i := range have {
		switch {
		case have[i] > oldestEngine[i]:
			return nil
		case have[i] < oldestEngine[i]:
			return faultf("write 3.5.4 or a later version", "engine version %s is retired: AWS makes no new instances of it", v)
		}
	}
	return nil
}
