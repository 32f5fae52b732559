package glue

import (
	"fmt"
	"strings"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
)

// Check refuses columns whose names differ only by case: Glue keeps both with one name, and no engine can tell them apart.
func Check(columns []records.Column) error {
	seen := map[string]string{}
	for _, c := range columns {
		name := department.CatalogName(c.Name)
		if first, found := seen[name]; found {
			return fmt.Errorf("columns %s and %s have one name in the catalog, which does not distinguish upper and lower case: exclude one of "+
				"them, load a view that gives it another name, or write catalog: off below lake", first, c.Name)
		}
		seen[name] = c.Name
	}
	return nil
}

// maxNamed is how many columns a finding names.
const maxNamed = 10

// Findings returns, for people, which names of a table queries may not be able to use. The table and all its columns are in the catalog
// all the same.
func Findings(table string, columns []records.Column) (all []string) {
	const why = "Athena supports letters, digits and _ only, and queries that use other names may fail"
	if !department.Readable(table) {
		all = append(all, "the name of table "+table+": "+why+"; give it another one with rename")
	}
	var names []string
	for _, c := range columns {
		if !department.Readable(c.Name) {
			names = append(names, c.Name)
		}
	}
	if more := len(names) - maxNamed; more > 0 {
		names = append(names[:maxNamed], fmt.Sprintf("%d more", more))
	}
	if len(names) > 0 {
		all = append(all, "the names of columns "+strings.Join(names, ", ")+": "+why+"; exclude the columns, or load a view that gives them "+
			"other names")
	}
	return all
}
