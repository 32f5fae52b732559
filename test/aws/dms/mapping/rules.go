package mapping

import (
	"slices"

	"github.com/oralake/oralake/test/oracledb"
)

// rules finds the rules that may act on a table, of which a task has as many as tables: those that name it, and those
// with a wildcard. A rule is its place in the document among its like.
type rules struct {
	named map[oracledb.Table][]int
	wild  []int
}

func (r *rules) add(place int, schema, table pattern) {
	if schema.wild || table.wild {
		r.wild = append(r.wild, place)
		return
	}
	if r.named == nil {
		r.named = map[oracledb.Table][]int{}
	}
	t := oracledb.Table{Schema: schema.text, Name: table.text}
	r.named[t] = append(r.named[t], place)
}

// addWild adds a rule for more than one table.
func (r *rules) addWild(place int) { r.wild = append(r.wild, place) }

// of are the rules for a table, in the order of the document.
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
