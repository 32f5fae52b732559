package yamlschema

import (
	"fmt"
	"strings"
)

// Kind is what a node is in YAML.
type Kind string

// The kinds, in the words of messages.
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
	Text    string  // of text, a number or a boolean: as written, without quotes
	Items   []*Node // of a list
	Entries []Entry // of a mapping
	refused bool
}

// Entry is a key of a mapping, with its value.
type Entry struct {
	Pos   // of the key
	Key   string
	Value *Node
}

// Get is the value of a mapping's key, or nil.
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

// Item is item i of a list, or nil if there is none. It is nil for a nil node.
func (n *Node) Item(i int) *Node {
	if n == nil || i >= len(n.Items) {
		return nil
	}
	return n.Items[i]
}

// Refused reports whether Decoder.Refuse was called for the node: a problem is reported, and its value means nothing.
func (n *Node) Refused() bool { return n.refused }

// Label names the node in a message.
func (n *Node) Label() string {
	if n.Path == "" {
		return "the file"
	}
	return n.Path
}

// Shown is the node as a message quotes it: short, on one line, with control characters escaped.
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

// written is the node's key with another value, as a person would write it. For an item of a list it is the value alone.
func (n *Node) written(value string) string {
	key := n.Path[strings.LastIndexByte(n.Path, '.')+1:]
	if key == "" || strings.HasSuffix(key, "]") {
		return value
	}
	return key + ": " + value
}
