package yamlschema

import (
	"fmt"
	"strings"
)

// Kind is the kind of a YAML node, as messages name it.
type Kind string

// The kinds.
const (
	KindNull    Kind = "nothing"
	KindText    Kind = "text"
	KindNumber  Kind = "a number"
	KindBoolean Kind = "true or false"
	KindList    Kind = "a list"
	KindMapping Kind = "a mapping"
)

// Pos is a place in the file. Line and column count from 1, columns in characters.
type Pos struct{ Line, Column int }

// Node is a YAML value with its place in the file.
type Node struct {
	Pos
	Kind    Kind
	Path    string  // such as gardens.north.trees[0]; empty for the whole file
	Text    string  // text, a number or a boolean, as written but without quotes
	Items   []*Node // the items of a list
	Entries []Entry // the keys of a mapping, in the order of the file
	refused bool
}

// Entry is a key of a mapping, with its value.
type Entry struct {
	Pos   // the place of the key
	Key   string
	Value *Node
}

// Get returns the value of a mapping's key, or nil.
func (n *Node) Get(key string) *Node {
	for _, e := range n.Entries {
		if e.Key == key {
			return e.Value
		}
	}
	return nil
}

// Has reports whether a mapping has the key and its value was not refused.
func (n *Node) Has(key string) bool {
	v := n.Get(key)
	return v != nil && !v.refused
}

// Item returns item i of a list, or nil if there is none. The node may be nil.
func (n *Node) Item(i int) *Node {
	if n == nil || i >= len(n.Items) {
		return nil
	}
	return n.Items[i]
}

// Refused reports whether Decoder.Refuse was called for the node. A refused node has no valid value.
func (n *Node) Refused() bool { return n.refused }

// Label returns the node's name in messages.
func (n *Node) Label() string {
	if n.Path == "" {
		return "the file"
	}
	return n.Path
}

// Shown returns the node as a message quotes it: short, on one line, with control characters escaped.
func (n *Node) Shown() string {
	switch n.Kind {
	case KindText:
		return fmt.Sprintf("text (%s)", Quoted(n.Text))
	case KindNumber:
		return "the number " + Clipped(n.Text)
	case KindBoolean:
		return Clipped(n.Text)
	default:
		return string(n.Kind)
	}
}

// written returns KEY: value, with the node's key, for the fix of a problem. For an item of a list it is value alone.
func (n *Node) written(value string) string {
	key := n.Path[strings.LastIndexByte(n.Path, '.')+1:]
	if key == "" || strings.HasSuffix(key, "]") {
		return value
	}
	return key + ": " + value
}
