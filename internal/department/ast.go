package department

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// node turns a part of the YAML tree into a node and refuses what a department's file does not need: anchors, aliases,
// merge keys, tags, keys that are not plain text, and a key written twice.
func (r *reader) node(n ast.Node, path string) *node {
	out := &node{path: path}
	if n == nil {
		out.pos, out.kind = pos{1, 1}, nothing
		return out
	}
	out.pos = start(n)
	switch n := n.(type) {
	case *ast.NullNode:
		out.kind = nothing
	case *ast.StringNode:
		out.kind, out.text = text, n.Value
	case *ast.LiteralNode:
		out.kind = text
		if n.Value != nil {
			out.text = n.Value.Value
		}
	case *ast.BoolNode:
		out.kind, out.text = flag, n.GetToken().Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		out.kind, out.text = number, n.GetToken().Value
	case *ast.SequenceNode:
		out.kind = list
		for i, item := range n.Values {
			out.items = append(out.items, r.node(item, fmt.Sprintf("%s[%d]", path, i)))
		}
	case *ast.MappingNode:
		out.kind = mapping
		r.entries(out, n.Values)
	case *ast.MappingValueNode:
		out.kind = mapping
		r.entries(out, []*ast.MappingValueNode{n})
	case *ast.AnchorNode:
		r.report(out.pos, "YAML anchors (&name) are not supported", "write the value out where it is used")
		return r.node(n.Value, path)
	case *ast.TagNode:
		r.report(out.pos, fmt.Sprintf("YAML tags (%s) are not supported", clipped(n.GetToken().Value)),
			"remove the tag; put quotes around what must be text")
		return r.node(n.Value, path)
	case *ast.AliasNode:
		r.refuse(out, faultf("write the value out", "YAML aliases (*name) are not supported"))
	default:
		r.refuse(out, faultf("write plain mappings and lists", "YAML of the kind %s is not supported", n.Type().YAMLName()))
	}
	return out
}

// entries adds a mapping's keys to out, each at most once.
func (r *reader) entries(out *node, values []*ast.MappingValueNode) {
	first := map[string]pos{}
	for _, v := range values {
		at, key, ok := r.key(v.Key)
		if !ok {
			continue
		}
		if before, twice := first[key]; twice {
			r.report(at, fmt.Sprintf("%s is here twice: first in line %d", key, before.line), "remove one of them")
			continue
		}
		first[key] = at
		path := key
		if out.path != "" {
			path = out.path + "." + key
		}
		value := r.node(v.Value, path)
		if value.kind == nothing {
			value.pos = at
		}
		out.entries = append(out.entries, entry{pos: at, key: key, value: value})
	}
}

// key is a mapping key's text.
func (r *reader) key(key ast.MapKeyNode) (at pos, name string, ok bool) {
	if key == nil {
		r.report(pos{1, 1}, "a key is missing", "write KEY: VALUE")
		return pos{}, "", false
	}
	at = place(key.GetToken())
	switch k := key.(type) {
	case *ast.StringNode:
		return at, k.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode, *ast.InfinityNode, *ast.NanNode:
		return at, k.GetToken().Value, true
	case *ast.MergeKeyNode:
		r.report(at, "YAML merge keys (<<) are not supported", "write the keys out")
	default:
		r.report(at, "this key is not plain text", "write KEY: VALUE")
	}
	return at, "", false
}

// start is where a node begins. A mapping without braces begins with its first key; its own token is the colon after
// that.
func start(n ast.Node) pos {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return start(n.Values[0])
		}
	case *ast.MappingValueNode:
		if n.Key != nil {
			return place(n.Key.GetToken())
		}
	}
	return place(n.GetToken())
}

// place is where a token begins; the parser leaves some tokens without a place, and counts some from 0.
func place(t *token.Token) pos {
	if t == nil || t.Position == nil {
		return pos{1, 1}
	}
	return pos{max(t.Position.Line, 1), max(t.Position.Column, 1)}
}
