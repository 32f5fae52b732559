package dynamodb

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// path is the place of an attribute or of a value inside it: a name, then names and list indexes.
type path []step

type step struct {
	name  string
	index int // of a list, when name is empty
}

func (p path) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		parts[i] = s.name
		if s.name == "" {
			parts[i] = "[" + strconv.Itoa(s.index) + "]"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// overlaps reports whether one path is a prefix of the other.
func (p path) overlaps(q path) bool {
	n := min(len(p), len(q))
	return slices.Equal(p[:n], q[:n])
}

// find returns the value at a path of an item.
func (p path) find(in item) (value, bool) {
	v, ok := in[p[0].name]
	for _, s := range p[1:] {
		if !ok {
			return value{}, false
		}
		v, ok = s.of(v)
	}
	return v, ok
}

func (s step) of(v value) (value, bool) {
	if s.name != "" {
		if v.kind != mapKind {
			return value{}, false
		}
		inside, ok := v.fields[s.name]
		return inside, ok
	}
	if v.kind != listKind || s.index >= len(v.list) {
		return value{}, false
	}
	return v.list[s.index], true
}

// project copies the values at the paths. They keep their place in maps and lists.
func project(from item, paths []path) item {
	out := item{}
	roots := map[string][]path{}
	for _, p := range paths {
		roots[p[0].name] = append(roots[p[0].name], p[1:])
	}
	for name, rest := range roots {
		if v, ok := from[name]; ok {
			if picked, ok := pick(v, rest); ok {
				out[name] = picked
			}
		}
	}
	return out
}

func pick(v value, paths []path) (value, bool) {
	inside := map[step][]path{}
	for _, p := range paths {
		if len(p) == 0 {
			return v, true
		}
		inside[p[0]] = append(inside[p[0]], p[1:])
	}
	out := value{kind: v.kind, fields: item{}}
	steps := slices.Collect(maps.Keys(inside))
	slices.SortFunc(steps, func(a, b step) int { return a.index - b.index })
	for _, s := range steps {
		child, ok := s.of(v)
		if !ok {
			continue
		}
		picked, ok := pick(child, inside[s])
		if !ok {
			continue
		}
		if s.name != "" {
			out.fields[s.name] = picked
		} else {
			out.list = append(out.list, picked)
		}
	}
	return out, len(out.fields)+len(out.list) > 0
}
