package dynamodb

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// path leads to an attribute or into it: a name, then names and list indexes.
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

// overlaps says whether one path lies within the other.
func (p path) overlaps(q path) bool {
	n := min(len(p), len(q))
	return slices.Equal(p[:n], q[:n])
}

// find is what a path leads to in an item.
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

// set puts v where the path leads, in an item that is the caller's own. Everything but the last step must exist.
func (p path) set(in item, v value) error {
	if len(p) == 1 {
		in[p[0].name] = v
		return nil
	}
	changed, err := p[1:].setIn(in[p[0].name], v)
	if err == nil {
		in[p[0].name] = changed
	}
	return err
}

var errNoPath = invalid("The document path provided in the update expression is invalid for update")

func (p path) setIn(parent, v value) (value, error) {
	s := p[0]
	fits := (s.name != "" && parent.kind == mapKind) || (s.name == "" && parent.kind == listKind)
	if !fits {
		return value{}, errNoPath
	}
	if len(p) > 1 {
		child, ok := s.of(parent)
		if !ok {
			return value{}, errNoPath
		}
		var err error
		if v, err = p[1:].setIn(child, v); err != nil {
			return value{}, err
		}
	}
	if parent.kind == mapKind {
		parent.fields = maps.Clone(parent.fields)
		if parent.fields == nil {
			parent.fields = item{}
		}
		parent.fields[s.name] = v
		return parent, nil
	}
	parent.list = slices.Clone(parent.list)
	if s.index >= len(parent.list) {
		// An index beyond the end puts the element at the end.
		parent.list = append(parent.list, v)
	} else {
		parent.list[s.index] = v
	}
	return parent, nil
}

// remove takes away what the path leads to, in an item that is the caller's own. Nothing there is no error, but
// nothing around it is.
func (p path) remove(from item) error {
	if len(p) == 1 {
		delete(from, p[0].name)
		return nil
	}
	changed, err := p[1:].removeIn(from[p[0].name])
	if err == nil {
		from[p[0].name] = changed
	}
	return err
}

func (p path) removeIn(parent value) (value, error) {
	s := p[0]
	fits := (s.name != "" && parent.kind == mapKind) || (s.name == "" && parent.kind == listKind)
	if !fits {
		return value{}, errNoPath
	}
	child, ok := s.of(parent)
	if !ok {
		if len(p) > 1 {
			return value{}, errNoPath
		}
		return parent, nil
	}
	if len(p) > 1 {
		changed, err := p[1:].removeIn(child)
		if err != nil {
			return value{}, err
		}
		return p[:1].setIn(parent, changed)
	}
	if parent.kind == mapKind {
		parent.fields = maps.Clone(parent.fields)
		delete(parent.fields, s.name)
		return parent, nil
	}
	parent.list = slices.Delete(slices.Clone(parent.list), s.index, s.index+1)
	return parent, nil
}

// project copies what the paths lead to, in the shape that it has in the item.
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
