package mapping

import (
	"slices"

	"github.com/oralake/oralake/test/oracledb"
)

// rules finds the rules that may apply to a table: the rules that name the table, and all rules with a wildcard. The
// index exists because a task may have as many rules as tables. A rule is stored as its index among the rules of the
// same type in the document.
type rules struct {
	named map[oracledb.Table][]int
	wild  []int
}

func (r *rules) add(index int, schema, table pattern) {
	if schema.wild || table.wild {
		r.wild = append(r.wild, index)
		return
	}
	if r.named == nil {
		r.named = map[oracledb.Table][]int{}
	}
	t := oracledb.Table{Schema: schema.text, Name: table.text}
	r.named[t] = append(r.named[t], index)
}

// addWild adds a rule that may apply to any table.
func (r *rules) addWild(index int) { r.wild = append(r.wild, index) }

// of returns the rules that may apply to a table, in the order of the document.
func (r *rules) of(t oracledb.Table) []int {
	named := r.named[t]
	switch {
	case len(named) == 0:
		return r.wild
	case len(r.wild) == 0:
		return named
	}
	all := append(slices.Clone(named), r.wild...)
	slices.Sort(all)
	return all
}
