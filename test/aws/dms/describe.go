package dms

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// filter is a filter of a Describe call.
type filter struct {
	Name   string
	Values []string
}

// page has the request members that all Describe calls have.
type page struct {
	Filters    []filter
	Marker     string
	MaxRecords *int
}

const (
	minRecords     = 20
	defaultRecords = 100
)

// listed is a resource in a list, with the values that filters compare.
type listed[T any] struct {
	item     T
	sequence int
	values   map[string][]string // by filter name
}

// list filters resources, sorts them by creation and returns one page and the marker of the next page. Filters that match
// nothing are a ResourceNotFoundFault, as in AWS. Without filters, an account without such resources has an empty list.
func list[T any](what string, all []listed[T], p page, most int, names ...string) ([]T, string, error) {
	limit := defaultRecords
	if p.MaxRecords != nil {
		limit = *p.MaxRecords
	}
	if limit < minRecords || limit > most {
		return nil, "", invalidValue("Invalid value %d for MaxRecords. Must be between %d and %d", limit, minRecords, most)
	}
	after := 0
	if p.Marker != "" {
		var err error
		if after, err = strconv.Atoi(p.Marker); err != nil {
			return nil, "", invalidValue("Invalid marker %q", p.Marker)
		}
	}
	for _, f := range p.Filters {
		if !slices.Contains(names, f.Name) {
			return nil, "", invalidValue("Filter %q is not one of %s", f.Name, strings.Join(names, ", "))
		}
		if len(f.Values) == 0 {
			return nil, "", invalidValue("Filter %q has no values", f.Name)
		}
	}
	all = slices.DeleteFunc(all, func(l listed[T]) bool { return !l.passes(p.Filters) })
	if len(all) == 0 && len(p.Filters) > 0 {
		return nil, "", notFound("No %s found matching the given filters", what)
	}
	slices.SortFunc(all, func(a, b listed[T]) int { return cmp.Compare(a.sequence, b.sequence) })
	var items []T
	for i, l := range all {
		if l.sequence <= after {
			continue
		}
		if len(items) == limit {
			return items, strconv.Itoa(all[i-1].sequence), nil
		}
		items = append(items, l.item)
	}
	return items, "", nil
}

func (l listed[T]) passes(filters []filter) bool {
	for _, f := range filters {
		if !slices.ContainsFunc(l.values[f.Name], func(v string) bool { return slices.Contains(f.Values, v) }) {
			return false
		}
	}
	return true
}
