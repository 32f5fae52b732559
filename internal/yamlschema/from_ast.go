package yamlschema

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// node turns a node of the YAML parser into a Node. It reports anchors, aliases, merge keys, tags, keys that are not plain
// text, and duplicate keys.
func (d *Decoder) node(n ast.Node, path string) *Node {
	out := &Node{Path: path}
	if n == nil {
		out.Pos, out.Kind = Pos{1, 1}, KindNull
		return out
	}
	out.Pos = start(n)
	switch n := n.(type) {
	case *ast.NullNode:
		out.Kind = KindNull
	case *ast.StringNode:
		out.Kind, out.Text = KindText, n.Value
	case *ast.LiteralNode:
		out.Kind = KindText
		if n.Value != nil {
			out.Text = n.Value.Value
		}
	case *ast.BoolNode:
		out.Kind, out.Text = KindBoolean, n.GetToken().Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		out.Kind, out.Text = KindNumber, n.GetToken().Value
	case *ast.SequenceNode:
		out.Kind = KindList
		for i, item := range n.Values {
			out.Items = append(out.Items, d.node(item, fmt.Sprintf("%s[%d]", path, i)))
		}
	case *ast.MappingNode:
		out.Kind = KindMapping
		d.entries(out, n.Values)
	case *ast.MappingValueNode:
		out.Kind = KindMapping
		d.entries(out, []*ast.MappingValueNode{n})
	case *ast.AnchorNode:
		d.Report(out.Pos, "YAML anchors (&name) are not supported", "write the value out where it is used")
		return d.node(n.Value, path)
	case *ast.TagNode:
		d.Report(out.Pos, fmt.Sprintf("YAML tags (%s) are not supported", Clipped(n.GetToken().Value)),
			"remove the tag; put quotes around what must be text")
		return d.node(n.Value, path)
	case *ast.AliasNode:
		d.Refuse(out, Faultf("write the value out", "YAML aliases (*name) are not supported"))
	default:
		d.Refuse(out, Faultf("write plain mappings and lists", "YAML of the kind %s is not supported", n.Type().YAMLName()))
	}
	return out
}

// entries adds the keys of a mapping to out. It reports a duplicate key and does not add it.
func (d *Decoder) entries(out *Node, values []*ast.MappingValueNode) {
	first := map[string]Pos{}
	for _, v := range values {
		at, key, ok := d.key(v.Key)
		if !ok {
			continue
		}
		if before, twice := first[key]; twice {
			d.Report(at, fmt.Sprintf("%s is here twice: the first is in line %d", key, before.Line), "remove one of them")
			continue
		}
		first[key] = at
		path := key
		if out.Path != "" {
			path = out.Path + "." + key
		}
		value := d.node(v.Value, path)
		if value.Kind == KindNull {
			value.Pos = at
		}
		out.Entries = append(out.Entries, Entry{Pos: at, Key: key, Value: value})
	}
}

// key returns the place and the text of a mapping's key. It reports a key that is not plain text; ok is then false.
func (d *Decoder) key(key ast.MapKeyNode) (at Pos, name string, ok bool) {
	if key == nil {
		d.Report(Pos{1, 1}, "a key is missing", "write KEY: VALUE")
		return Pos{}, "", false
	}
	at = place(key.GetToken())
	switch k := key.(type) {
	case *ast.StringNode:
		return at, k.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode, *ast.InfinityNode, *ast.NanNode:
		return at, k.GetToken().Value, true
	case *ast.MergeKeyNode:
		d.Report(at, "YAML merge keys (<<) are not supported", "write the keys out")
	default:
		d.Report(at, "this key is not plain text", "write KEY: VALUE")
	}
	return at, "", false
}

// start returns the place where a node begins. A mapping without braces begins at its first key, but the parser gives it
// the token of the colon after the key.
func start(n ast.Node) Pos {
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

// place returns the place where a token begins. The parser gives some tokens no place, and counts some places from 0.
func place(t *token.Token) Pos {
	if t == nil || t.Position == nil {
		return Pos{1, 1}
	}
	return Pos{max(t.Position.Line, 1), max(t.Position.Column, 1)}
}
