package department

import (
	"fmt"

	"github.com/google/jsonschema-go/jsonschema"
)

// listOf is a list with at least so many items. A bad item keeps its place as a zero value, so that the list's nodes
// and values stay side by side.
type listOf[T any] struct {
	of       shape[T]
	atLeast  int
	atMost   int    // 0 for any number
	noun     string // what an item is: "a table"
	distinct func(T) string
}

func (s listOf[T]) read(r *reader, n *node, into *[]T) {
	if n.bad {
		return
	}
	if n.kind != list {
		r.refuse(n, faultf("write a list: [...], or a line with a hyphen for each", "%s is %s, not a list",
			n.label(), n.shown()))
		return
	}
	if count := len(n.items); count < s.atLeast || s.atMost > 0 && count > s.atMost {
		r.refuse(n, faultf("write "+s.count()+", each "+s.noun, "%s has %d %s: it takes %s", n.label(), count,
			plural(count, "item"), s.count()))
	}
	*into = make([]T, len(n.items))
	first := map[string]int{}
	for i, item := range n.items {
		if item.kind == nothing && !item.bad {
			r.refuse(item, faultf("write "+s.noun+", or remove the hyphen", "%s has no value", item.label()))
			continue
		}
		s.of.read(r, item, &(*into)[i])
		if s.distinct == nil || item.bad {
			continue
		}
		key := s.distinct((*into)[i])
		if before, twice := first[key]; twice {
			r.refuse(item, faultf("remove one of them", "%s is in %s twice: first in line %d",
				clipped(key), n.label(), n.items[before].line))
			continue
		}
		first[key] = i
	}
}

// count is how many items there may be, in words.
func (s listOf[T]) count() string {
	switch {
	case s.atMost == 0:
		return fmt.Sprintf("at least %d", s.atLeast)
	case s.atMost == s.atLeast:
		return fmt.Sprintf("exactly %d", s.atLeast)
	default:
		return fmt.Sprintf("%d to %d", s.atLeast, s.atMost)
	}
}

func (s listOf[T]) absent(*[]T) {}

func (s listOf[T]) schema() *jsonschema.Schema {
	out := &jsonschema.Schema{Type: "array", Items: s.of.schema()}
	if s.atLeast > 0 {
		out.MinItems = jsonschema.Ptr(s.atLeast)
	}
	if s.atMost > 0 {
		out.MaxItems = jsonschema.Ptr(s.atMost)
	}
	return out
}

// itself makes words distinct by what they say.
func itself(s string) string { return s }

// namedJobs is a mapping from names to jobs, in the order of the file.
type namedJobs struct {
	name word
	of   shape[Job]
}

func (s namedJobs) read(r *reader, n *node, into *[]Job) {
	if n.bad {
		return
	}
	if n.kind != mapping || len(n.entries) == 0 {
		r.refuse(n, faultf("write a job's name, a colon, and its keys below", "%s has no job", n.label()))
		return
	}
	*into = make([]Job, len(n.entries))
	for i, e := range n.entries {
		job := &(*into)[i]
		s.name.read(r, &node{pos: e.pos, kind: text, text: e.key, path: "the job's name"}, &job.Name)
		s.of.read(r, e.value, job)
	}
}

func (s namedJobs) absent(*[]Job) {}

func (s namedJobs) schema() *jsonschema.Schema {
	return &jsonschema.Schema{
		Type: "object", MinProperties: jsonschema.Ptr(1),
		PropertyNames:        &jsonschema.Schema{Pattern: s.name.pattern},
		AdditionalProperties: s.of.schema(),
	}
}

// either is short when the value is not a mapping, and long when it is.
type either[T any] struct{ short, long shape[T] }

func (s either[T]) read(r *reader, n *node, into *T) {
	if n.kind == mapping {
		s.long.read(r, n, into)
		return
	}
	s.short.read(r, n, into)
}

func (s either[T]) absent(*T) {}

func (s either[T]) schema() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{s.short.schema(), s.long.schema()}}
}

// pointer is a value that is nil when it is not in the file.
type pointer[T any] struct{ of shape[T] }

func (s pointer[T]) read(r *reader, n *node, into **T) {
	*into = new(T)
	s.of.read(r, n, *into)
}

func (s pointer[T]) absent(*(*T)) {}

func (s pointer[T]) schema() *jsonschema.Schema { return s.of.schema() }
