// Package oracledictionary describes the views of Oracle's dictionary that the database check reads: their columns, types and
// documented values (views.txt). Both stand-ins for Oracle make their views from it. So a statement of the check cannot name a column
// that Oracle does not have, and a fixture cannot have a value that Oracle's reference does not document.
package oracledictionary

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

//go:embed views.txt
var description string

// View is a view or a table of Oracle's dictionary.
type View struct {
	Name    string // as Oracle writes it, such as V$DATABASE or SYS.OBJ$
	Page    string // the address of its page in Oracle's documentation; empty if there is none
	Columns []Column
	Rules   []Rule
}

// Column is a column of a view.
type Column struct {
	Name     string
	Type     string // NUMBER, DATE or VARCHAR2
	Bytes    string // the largest length of a VARCHAR2
	NotNull  bool
	Ordinary string   // what an ordinary row has; empty for null
	Values   []string // the documented values; empty for any
}

// Rule is a condition that holds for every row of a view.
type Rule struct{ Sentence, Condition string }

const documentation = "https://docs.oracle.com/en/database/oracle/oracle-database/19/"

// Views are all views, in the order of views.txt.
var Views = func() []View {
	all, err := parse(description)
	if err != nil {
		panic("oracledictionary/" + err.Error())
	}
	return all
}()

// Find returns the view of a name as Oracle writes it, in any case.
func Find(name string) (View, bool) {
	i := slices.IndexFunc(Views, func(v View) bool { return strings.EqualFold(v.Name, name) })
	if i < 0 {
		return View{}, false
	}
	return Views[i], true
}

var (
	viewLine   = regexp.MustCompile(`^([A-Z][A-Z0-9_$.]*)(?: (\S+\.html))?$`)
	columnLine = regexp.MustCompile(`^  ([A-Z][A-Z0-9_$#]*) (NUMBER|DATE|VARCHAR2)(?:\((\d+)\))?( NOT NULL)?(?: DEFAULT (.+?))?(?: IN (.+))?$`)
	ruleLine   = regexp.MustCompile(`^  rule ([^:]+): (.+)$`)
)

// parse reads a description. An error has its place.
func parse(text string) ([]View, error) {
	var all []View
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(strings.TrimLeft(line, " "), "#") {
			continue
		}
		if m := viewLine.FindStringSubmatch(line); m != nil {
			v := View{Name: m[1]}
			if m[2] != "" {
				v.Page = documentation + m[2]
			}
			all = append(all, v)
			continue
		}
		if len(all) == 0 {
			return nil, fmt.Errorf("views.txt:%d: a column before the first view", number)
		}
		v := &all[len(all)-1]
		if m := ruleLine.FindStringSubmatch(line); m != nil {
			v.Rules = append(v.Rules, Rule{m[1], m[2]})
			continue
		}
		m := columnLine.FindStringSubmatch(line)
		if m == nil || (m[2] == "VARCHAR2") != (m[3] != "") {
			return nil, fmt.Errorf("views.txt:%d: %q is no view, column or rule: write VIEW page.html, COLUMN TYPE, or rule SENTENCE: CONDITION",
				number, line)
		}
		c := Column{Name: m[1], Type: m[2], Bytes: m[3], NotNull: m[4] != "", Ordinary: m[5]}
		if m[6] != "" {
			c.Values = strings.Split(m[6], " | ")
		}
		if c.Ordinary != "" && len(c.Values) > 0 && !slices.Contains(c.Values, c.Ordinary) {
			return nil, fmt.Errorf("views.txt:%d: the default %s is not one of the values", number, c.Ordinary)
		}
		v.Columns = append(v.Columns, c)
	}
	return all, nil
}
