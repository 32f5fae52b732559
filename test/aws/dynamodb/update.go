package dynamodb

import (
	"maps"
	"slices"
	"strings"
)

// change is one action of an update expression.
type change struct {
	action string // SET, REMOVE, ADD or DELETE
	path   path
	to     *term // nil for REMOVE
}

// term is what a SET puts in place: an operand, a sum, a difference, or a function of terms.
type term struct {
	op      string // "", +, -, if_not_exists, list_append
	operand operand
	inside  []term
}

// changes parses an update expression.
func (h *placeholders) changes(expression *string) ([]change, error) {
	if expression == nil {
		return nil, nil
	}
	p, err := h.parser("UpdateExpression", *expression)
	if err != nil {
		return nil, err
	}
	var all []change
	var paths []path
	seen := map[string]bool{}
	for p.peek().kind != 0 {
		t := p.next()
		action := strings.ToUpper(t.text)
		if t.kind != 'w' || !slices.Contains([]string{"SET", "REMOVE", "ADD", "DELETE"}, action) {
			return nil, p.syntax(t)
		}
		if seen[action] {
			return nil, p.fail("The %q section can only be used once in an update expression;", action)
		}
		seen[action] = true
		for {
			c, err := p.change(action)
			if err != nil {
				return nil, err
			}
			if err := p.apart(paths, c.path); err != nil {
				return nil, err
			}
			paths = append(paths, c.path)
			all = append(all, c)
			if !p.take(",") {
				break
			}
		}
	}
	return all, nil
}

func (p *parser) change(action string) (change, error) {
	where, err := p.path()
	if err != nil {
		return change{}, err
	}
	c := change{action: action, path: where}
	switch action {
	case "SET":
		if err := p.expect("="); err != nil {
			return c, err
		}
		t, err := p.sum()
		c.to = &t
		return c, err
	case "ADD", "DELETE":
		v, err := p.placeholder()
		if err != nil {
			return c, err
		}
		if !v.kind.isSet() && (action == "DELETE" || v.kind != numberKind) {
			return c, p.wrongType(strings.ToLower(action), operand{value: v})
		}
		c.to = &term{operand: operand{value: v}}
	}
	return c, nil
}

func (p *parser) sum() (term, error) {
	left, err := p.term()
	if err != nil {
		return left, err
	}
	for _, sign := range []string{"+", "-"} {
		if p.take(sign) {
			right, err := p.term()
			return term{op: sign, inside: []term{left, right}}, err
		}
	}
	return left, nil
}

func (p *parser) term() (term, error) {
	if p.depth++; p.depth > maxDepth {
		return term{}, p.fail("The expression is nested too deeply")
	}
	defer func() { p.depth-- }()
	if p.take("(") {
		t, err := p.sum()
		if err != nil {
			return t, err
		}
		return t, p.expect(")")
	}
	t := p.peek()
	if t.kind == ':' {
		v, err := p.placeholder()
		return term{operand: operand{value: v}}, err
	}
	if t.kind != 'w' || p.rest[1].text != "(" {
		found, err := p.path()
		return term{operand: operand{path: found}}, err
	}
	if t.text != "if_not_exists" && t.text != "list_append" {
		return term{}, p.fail("Invalid function name; function: %s", t.text)
	}
	p.next()
	p.next()
	f := term{op: t.text}
	for range 2 {
		if len(f.inside) == 1 {
			if err := p.expect(","); err != nil {
				return f, err
			}
		}
		argument, err := p.sum()
		if err != nil {
			return f, err
		}
		f.inside = append(f.inside, argument)
	}
	if f.op == "if_not_exists" && f.inside[0].operand.path == nil {
		return f, p.fail("Operator or function requires a document path; operator or function: if_not_exists")
	}
	return f, p.expect(")")
}

var (
	errNoAttribute = invalid("The provided expression refers to an attribute that does not exist in the item")
	errOperandType = invalid("An operand in the update expression has an incorrect data type")
)

func (t term) eval(in item) (value, error) {
	if t.op == "" {
		v, ok := t.operand.eval(in)
		if !ok {
			return value{}, errNoAttribute
		}
		return v, nil
	}
	if t.op == "if_not_exists" {
		if v, ok := t.inside[0].operand.eval(in); ok {
			return v, nil
		}
		return t.inside[1].eval(in)
	}
	a, err := t.inside[0].eval(in)
	if err != nil {
		return value{}, err
	}
	b, err := t.inside[1].eval(in)
	if err != nil {
		return value{}, err
	}
	if t.op == "list_append" {
		if a.kind != listKind || b.kind != listKind {
			return value{}, errOperandType
		}
		return value{kind: listKind, list: slices.Concat(a.list, b.list)}, nil
	}
	if a.kind != numberKind || b.kind != numberKind {
		return value{}, errOperandType
	}
	result := value{kind: numberKind}
	if t.op == "+" {
		result.number, err = a.number.plus(b.number)
	} else {
		result.number, err = a.number.minus(b.number)
	}
	return result, err
}

// apply makes the item that the changes turn before into. Every value is taken from before.
func apply(before item, changes []change) (item, error) {
	after := maps.Clone(before)
	if after == nil {
		after = item{}
	}
	for _, c := range inOrder(changes) {
		if c.action == "REMOVE" {
			if err := c.path.remove(after); err != nil {
				return nil, err
			}
			continue
		}
		v, err := c.to.eval(before)
		if err != nil {
			return nil, err
		}
		if c.action != "SET" {
			held, there := c.path.find(before)
			if v, there, err = c.combine(held, there, v); err != nil {
				return nil, err
			}
			if !there {
				if err := c.path.remove(after); err != nil {
					return nil, err
				}
				continue
			}
		}
		if err := c.path.set(after, v); err != nil {
			return nil, err
		}
	}
	return after, nil
}

// inOrder puts removals last, those of a list from its end, because an index means the element that was there before.
func inOrder(changes []change) []change {
	sorted := slices.Clone(changes)
	slices.SortStableFunc(sorted, func(a, b change) int {
		removes := func(c change) bool { return c.action == "REMOVE" }
		if removes(a) != removes(b) {
			if removes(a) {
				return 1
			}
			return -1
		}
		x, y := a.path[len(a.path)-1].index, b.path[len(b.path)-1].index
		if removes(a) {
			return y - x
		}
		return x - y
	})
	return sorted
}

// combine is what ADD and DELETE make of what is there; false when nothing is left.
func (c change) combine(held value, there bool, v value) (value, bool, error) {
	if !there {
		return v, c.action == "ADD", nil
	}
	if held.kind != v.kind {
		return value{}, false, errOperandType
	}
	if v.kind == numberKind {
		sum, err := held.number.plus(v.number)
		return value{kind: numberKind, number: sum}, true, err
	}
	out := value{kind: held.kind, list: slices.Clone(held.list)}
	if c.action == "ADD" {
		for _, e := range v.list {
			if !held.has(e) {
				out.list = append(out.list, e)
			}
		}
		return out, true, nil
	}
	out.list = slices.DeleteFunc(out.list, v.has)
	return out, len(out.list) > 0, nil
}
