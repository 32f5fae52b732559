package manifest

import (
	"strings"
	"testing"
)

// like matches as DMS documents it (CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Wildcards): % is any
// text, _ is any character, and brackets hold a set or a range of characters.
func like(pattern, name string) bool {
	if pattern == "" {
		return name == ""
	}
	if pattern[0] == '%' {
		return like(pattern[1:], name) || name != "" && like(pattern, name[1:])
	}
	if name == "" {
		return false
	}
	switch pattern[0] {
	case '_':
		return like(pattern[1:], name[1:])
	case '[':
		end := strings.IndexByte(pattern, ']')
		return inClass(pattern[1:end], name[0]) && like(pattern[end+1:], name[1:])
	}
	return pattern[0] == name[0] && like(pattern[1:], name[1:])
}

func inClass(class string, c byte) bool {
	if len(class) == 3 && class[1] == '-' {
		return class[0] <= c && c <= class[2]
	}
	return strings.IndexByte(class, c) >= 0
}

func TestLike(t *testing.T) {
	cases := []struct {
		pattern, name string
		want          bool
	}{
		{"%", "", true},
		{"DMS%", "DMS_LOG", true},
		{"DMS%", "ADMS", false},
		{"A_B", "AXB", true},
		{"A_B", "AB", false},
		{"A[_]B", "A_B", true},
		{"A[_]B", "AXB", false},
		{"[ab]", "b", true},
		{"[ab]", "c", false},
		{"[a-d]", "c", true},
		{"[a-d]", "-", false},
	}
	for _, c := range cases {
		if got := like(c.pattern, c.name); got != c.want {
			t.Errorf("like(%q, %q) = %v, want %v", c.pattern, c.name, got, c.want)
		}
	}
}

// reading is one way in which DMS may read a name in a rule: literally, or with wildcards.
type reading func(pattern, name string) bool

func literally(pattern, name string) bool { return pattern == name }

// outcome is what a mapping does with a table of the source.
type outcome struct {
	Schema, Table string
	Filters       []filter
	Removed       map[string]bool
	Added         []string
}

// apply returns what the rules do with a table, and whether they select it. Exclusions always read their names as
// patterns.
func apply(m mappings, schema, table string, as reading) (outcome, bool) {
	o := outcome{Schema: schema, Table: table, Removed: map[string]bool{}}
	selected, movedSchema, movedTable := false, false, false
	for _, r := range m.Rules {
		matches := as(r.Locator.Schema, schema) && (r.Locator.Table == "" || as(r.Locator.Table, table))
		switch r.Type + " " + r.Action + " " + r.Target {
		case "selection explicit ":
			selected = selected || r.Locator.Schema == schema && r.Locator.Table == table
		case "selection include ":
			if matches {
				selected = true
				o.Filters = append(o.Filters, r.Filters...)
			}
		case "selection exclude ":
			if like(r.Locator.Schema, schema) && like(r.Locator.Table, table) {
				return outcome{}, false
			}
		case "transformation rename schema":
			if matches && !movedSchema {
				o.Schema, movedSchema = r.Value, true
			}
		case "transformation rename table":
			if matches && !movedTable {
				o.Table, movedTable = r.Value, true
			}
		case "transformation add-column column":
			if like(r.Locator.Schema, schema) && like(r.Locator.Table, table) {
				o.Added = append(o.Added, r.Value)
			}
		case "transformation remove-column column":
			if matches {
				o.Removed[r.Locator.Column] = true
			}
		}
	}
	return o, selected
}
