package department

import (
	"fmt"
	"strings"
)

// kind is what a node is in YAML.
type kind string

const (
	nothing kind = "nothing"
	text    kind = "text"
	number  kind = "a number"
	flag    kind = "true or false"
	list    kind = "a list"
	mapping kind = "a mapping"
)

// pos is a place in the file; lines and columns count from 1, columns in characters.
type pos struct{ line, column int }

// node is a YAML value with its place in the file, reduced to what a department's file may hold.
type node struct {
	pos
	kind    kind
	path    string // jobs.daily-orders.tables[0]; empty for the whole file
	text    string // a scalar as written, without its quotes
	items   []*node
	entries []entry
	bad     bool // a problem was reported: later checks leave it alone
}

// entry is a key of a mapping, with its value.
type entry struct {
	pos
	key   string
	value *node
}

// get is the value under key, or nil.
func (n *node) get(key string) *node {
	for _, e := range n.entries {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// has says that key is there and nothing is known to be wrong with its value.
func (n *node) has(key string) bool {
	v := n.get(key)
	return v != nil && !v.bad
}

// item is the list's item i, or nil where there is none.
func (n *node) item(i int) *node {
	if n == nil || i >= len(n.items) {
		return nil
	}
	return n.items[i]
}

// label names the node in a message.
func (n *node) label() string {
	if n.path == "" {
		return "the file"
	}
	return n.path
}

// shown is the node as a message quotes it: short, on one line, with what could not be seen made visible.
func (n *node) shown() string {
	switch n.kind {
	case text:
		return fmt.Sprintf("text (%s)", quoted(n.text))
	case number:
		return "the number " + clipped(n.text)
	case flag:
		return clipped(n.text)
	default:
		return string(n.kind)
	}
}

// written is the node's key with another value, as a person would write it; of an item of a list it is the value alone.
func (n *node) written(value string) string {
	key := n.path[strings.LastIndexByte(n.path, '.')+1:]
	if key == "" || strings.HasSuffix(key, "]") {
		return value
	}
	return key + ": " + value
}

// quoted is a value for a message; long ones lose their end.
func quoted(s string) string { return fmt.Sprintf("%q", clipped(s)) }

func clipped(s string) string {
	const limit = 60
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	return string(r[:limit]) + "..."
}

// badly says that key is there and a problem with its value was reported.
func (n *node) badly(key string) bool {
	v := n.get(key)
	return v != nil && v.bad
}
