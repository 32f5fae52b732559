package yamlschema

import (
	"fmt"

	"github.com/google/jsonschema-go/jsonschema"
)

// List is a list. A refused item is a zero value in the list. So item i of the node is always item i of the value.
type List[T any] struct {
	Of      Type[T]
	AtLeast int    // the fewest items
	AtMost  int    // the most items; 0 for any number
	Noun    string // an item in words, such as "a tree"
	// Distinct returns the text by which items are compared: two items with the same text are a mistake. If it is nil,
	// items may be equal.
	Distinct func(T) string
}

// Decode decodes every item of n.
func (t List[T]) Decode(d *Decoder, n *Node, into *[]T) {
	if n.refused {
		return
	}
	if n.Kind != KindList {
		d.Refuse(n, Faultf("write a list: [...], or a line with a hyphen for each", "%s is %s, not a list",
			n.Label(), n.Shown()))
		return
	}
	if count := len(n.Items); count < t.AtLeast || t.AtMost > 0 && count > t.AtMost {
		d.Refuse(n, Faultf("write "+t.count()+", each "+t.Noun, "%s has %d %s: it takes %s", n.Label(), count,
			Plural(count, "item"), t.count()))
	}
	*into = make([]T, len(n.Items))
	first := map[string]int{}
	for i, item := range n.Items {
		if item.Kind == KindNull && !item.refused {
			d.Refuse(item, Faultf("write "+t.Noun+", or remove the hyphen", "%s has no value", item.Label()))
			continue
		}
		t.Of.Decode(d, item, &(*into)[i])
		if t.Distinct == nil || item.refused {
			continue
		}
		key := t.Distinct((*into)[i])
		if before, twice := first[key]; twice {
			d.Refuse(item, Faultf("remove one of them", "%s is in %s twice: the first is in line %d",
				Clipped(key), n.Label(), n.Items[before].Line))
			continue
		}
		first[key] = i
	}
}

// count returns the allowed number of items, in words.
func (t List[T]) count() string {
	switch {
	case t.AtMost == 0:
		return fmt.Sprintf("at least %d", t.AtLeast)
	case t.AtMost == t.AtLeast:
		return fmt.Sprintf("exactly %d", t.AtLeast)
	default:
		return fmt.Sprintf("%d to %d", t.AtLeast, t.AtMost)
	}
}

// SetDefault leaves the list empty.
func (t List[T]) SetDefault(*[]T) {}

// Schema is an array with the limits on its length.
func (t List[T]) Schema() *jsonschema.Schema {
	out := &jsonschema.Schema{Type: "array", Items: t.Of.Schema()}
	if t.AtLeast > 0 {
		out.MinItems = jsonschema.Ptr(t.AtLeast)
	}
	if t.AtMost > 0 {
		out.MaxItems = jsonschema.Ptr(t.AtMost)
	}
	return out
}

// Either decodes a mapping as Long and any other value as Short.
type Either[T any] struct{ Short, Long Type[T] }

// Decode decodes n as Long or as Short.
func (t Either[T]) Decode(d *Decoder, n *Node, into *T) {
	if n.Kind == KindMapping {
		t.Long.Decode(d, n, into)
		return
	}
	t.Short.Decode(d, n, into)
}

// SetDefault stores nothing.
func (t Either[T]) SetDefault(*T) {}

// Schema accepts Short and Long.
func (t Either[T]) Schema() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{t.Short.Schema(), t.Long.Schema()}}
}

// Pointer is a value that is nil if the file does not have its key.
type Pointer[T any] struct{ Of Type[T] }

// Decode stores a new value.
func (t Pointer[T]) Decode(d *Decoder, n *Node, into **T) {
	*into = new(T)
	t.Of.Decode(d, n, *into)
}

// SetDefault leaves the pointer nil.
func (t Pointer[T]) SetDefault(**T) {}

// Schema is that of the value.
func (t Pointer[T]) Schema() *jsonschema.Schema { return t.Of.Schema() }
