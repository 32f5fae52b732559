package records

import (
	"fmt"
	"slices"
	"strings"
)

// Drift is how the columns that a load has written differ from those that readers see. Columns are compared by name, in any case, as
// readers find them. So their order does not matter, and a renamed column is one that is removed and one that is added.
type Drift struct {
	Added   []Column       `dynamodbav:"added,omitempty"`
	Removed []Column       `dynamodbav:"removed,omitempty"`
	Changed []ColumnChange `dynamodbav:"changed,omitempty"`
}

// ColumnChange is a column whose type has changed.
type ColumnChange struct {
	Name   string     `dynamodbav:"name"`
	From   string     `dynamodbav:"from"` // the type that readers see
	To     string     `dynamodbav:"to"`   // the type in the new files
	Change TypeChange `dynamodbav:"change"`
}

// TypeChange says what a new type means for the programs that read a column.
type TypeChange string

const (
	// Widened says that the new type has every value of the old one, as the same number.
	Widened TypeChange = "widened"
	// Narrowed says that both types hold numbers, and the new one does not have every value of the old one.
	Narrowed TypeChange = "narrowed"
	// Retyped says that the values are of another kind: text instead of a number, for example.
	Retyped TypeChange = "retyped"
)

// Breaks reports whether a program that reads the published columns may fail with the new ones, or read something else: a column is
// gone, or has a type that does not have all its values. Columns that were added or widened break nothing.
func (d *Drift) Breaks() bool {
	return d != nil && (len(d.Removed) > 0 || slices.ContainsFunc(d.Changed, func(c ColumnChange) bool { return c.Change != Widened }))
}

// maxNamedColumns is the most columns that the text of a Drift names.
const maxNamedColumns = 10

// String says for people what has changed; empty if nothing has.
func (d *Drift) String() string {
	if d == nil {
		return ""
	}
	var parts []string
	for _, c := range d.Removed {
		parts = append(parts, fmt.Sprintf("column %s (%s) is gone", c.Name, c.Type))
	}
	for _, c := range d.Changed {
		parts = append(parts, fmt.Sprintf("column %s is %s from %s to %s", c.Name, c.Change, c.From, c.To))
	}
	for _, c := range d.Added {
		parts = append(parts, fmt.Sprintf("column %s (%s) is new", c.Name, c.Type))
	}
	if more := len(parts) - maxNamedColumns; more > 0 {
		parts = append(parts[:maxNamedColumns], fmt.Sprintf("and %d more columns", more))
	}
	return strings.Join(parts, "; ")
}
