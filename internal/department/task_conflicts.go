package department

import (
	"fmt"
	"unicode/utf8"
)

// CannotShareTask returns why two different tables cannot be in one DMS task, or "" if they can. The reason is always that
// a rule for one of them would also act on the other.
//
// Two properties of DMS cause this. First, a rule renames a schema for all tables of a task; no rule moves a single table
// to another schema (CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Transformations). Second, in rules
// with wildcards an underscore may match any character (...SelectionTransformation.Wildcards), so a rule for A_B may act
// on AXB. A rule acts only in its own task. So tables in different tasks never conflict.
func CannotShareTask(a, b *Table) string {
	if why := actsOn(a, b); why != "" {
		return why
	}
	return actsOn(b, a)
}

// CannotShareLoad returns why two different tables cannot be in one DMS task of a full load, or "" if they can. Each run of a full load
// renames the schemas of its tasks (manifest.Job.ForSnapshot), so its tasks have a rule for every schema.
func CannotShareLoad(a, b *Table) string {
	if why := CannotShareTask(a, b); why != "" {
		return why
	}
	for _, pair := range [][2]*Table{{a, b}, {b, a}} {
		if one, other := pair[0].Schema, pair[1].Schema; one != other && matchesWildcard(one, other) {
			return fmt.Sprintf(underscoreMatches, one, other)
		}
	}
	return ""
}

// underscoreMatches says that a rule for one name could act on another name.
const underscoreMatches = "an underscore in a DMS rule may match any character, so a rule for %s could act on %s"

// actsOn returns why a rule for table a would act on table b, or "" if no rule would.
func actsOn(a, b *Table) string {
	if a.Schema == b.Schema {
		if a.targetSchema() != b.targetSchema() {
			return "DMS renames a schema for all tables of a task, or for none"
		}
	} else {
		if !matchesWildcard(a.Schema, b.Schema) {
			return ""
		}
		if a.targetSchema() != a.Schema {
			return fmt.Sprintf(underscoreMatches, a.Schema, b.Schema)
		}
	}
	// A table without filters, excluded columns or a new name has only an explicit selection rule, which has no wildcards.
	hasRule := len(a.Filters) > 0 || len(a.Exclude) > 0 || a.Rename.Table != "" && a.Rename.Table != a.Name
	if hasRule && matchesWildcard(a.Name, b.Name) {
		return fmt.Sprintf(underscoreMatches, a, b)
	}
	return ""
}

func (t *Table) targetSchema() string {
	if t.Rename.Schema != "" {
		return t.Rename.Schema
	}
	return t.Schema
}

// matchesWildcard reports whether name matches pattern if each underscore of the pattern matches any one character.
func matchesWildcard(pattern, name string) bool {
	at := 0
	for i := range len(pattern) {
		switch {
		case at == len(name):
			return false
		case pattern[i] == name[at]:
			at++
		case pattern[i] == '_':
			_, size := utf8.DecodeRuneInString(name[at:])
			at += size
		default:
			return false
		}
	}
	return at == len(name)
}
