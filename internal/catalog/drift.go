package catalog

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/oralake/oralake/internal/records"
)

// Compare returns how the loaded columns differ from the published ones; nil if they do not, or if one of them is not known: nothing is
// published, or the load has no file. Added and Changed are in the order of the
// loaded columns, Removed in that of the published ones.
func Compare(published, loaded []records.Column) *records.Drift {
	if len(published) == 0 || len(loaded) == 0 {
		return nil
	}
	d := records.Drift{}
	for _, c := range loaded {
		old, found := columnNamed(published, c.Name)
		switch {
		case !found:
			d.Added = append(d.Added, c)
		case old.Type != c.Type:
			d.Changed = append(d.Changed, records.ColumnChange{Name: c.Name, From: old.Type, To: c.Type, Change: typeChange(old.Type, c.Type)})
		}
	}
	for _, c := range published {
		if _, found := columnNamed(loaded, c.Name); !found {
			d.Removed = append(d.Removed, c)
		}
	}
	if len(d.Added)+len(d.Removed)+len(d.Changed) == 0 {
		return nil
	}
	return &d
}

func columnNamed(columns []records.Column, name string) (records.Column, bool) {
	i := slices.IndexFunc(columns, func(c records.Column) bool { return strings.EqualFold(c.Name, name) })
	if i < 0 {
		return records.Column{}, false
	}
	return columns[i], true
}

// typeChange compares two different types.
func typeChange(from, to string) records.TypeChange {
	was, wasExact := exactOf(from)
	is, isExact := exactOf(to)
	switch {
	case wasExact && isExact && is.holds >= was.needs && is.fraction >= was.fraction:
		return records.Widened
	case wasExact && isExact:
		return records.Narrowed
	case from == "float" && to == "double":
		return records.Widened
	case from == "double" && to == "float":
		return records.Narrowed
	case from == "date" && to == "timestamp":
		return records.Widened
	case from == "timestamp" && to == "date":
		return records.Narrowed
	default:
		return records.Retyped
	}
}

// exact is a type of exact numbers, by its decimal digits. The largest value of an integer type is no row of nines, so it needs more
// digits before the point than it holds.
type exact struct {
	holds    int // it has every number with so many digits before the point
	needs    int // its largest number has so many
	fraction int // digits after the point
}

var integers = map[string]exact{
	"tinyint":  {holds: 2, needs: 3},
	"smallint": {holds: 4, needs: 5},
	"int":      {holds: 9, needs: 10},
	"bigint":   {holds: 18, needs: 19},
}

var decimalType = regexp.MustCompile(`^decimal\((\d+),(\d+)\)$`)

// exactOf returns the digits of a type. It reports whether it is a type of exact numbers.
func exactOf(kind string) (exact, bool) {
	if m := decimalType.FindStringSubmatch(kind); m != nil {
		precision, _ := strconv.Atoi(m[1]) // The expression matches digits only.
		scale, _ := strconv.Atoi(m[2])
		return exact{holds: precision - scale, needs: precision - scale, fraction: scale}, true
	}
	e, ok := integers[kind]
	return e, ok
}
