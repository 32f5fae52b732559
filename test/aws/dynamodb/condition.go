package dynamodb

import (
	"slices"
	"strings"
)

// condition is a node of a parsed condition expression. Comparisons and functions have operands. The operators and, or and
// not have inner conditions.
type condition struct {
	op       string // and or not = <> < <= > >= between in, or a function's name
	inside   []condition
	operands []operand
}

// operand is a path, a value, or the size of either.
type operand struct {
	path  path
	value value
	size  bool
}

func (o operand) eval(in item) (value, bool) {
	v, ok := o.value, true
	if o.path != nil {
		v, ok = o.path.find(in)
	}
	if !ok || !o.size {
		return v, ok
	}
	n, ok := v.length()
	return count(n), ok
}

// literal reports whether the operand is a value of the request.
func (o operand) literal() bool { return o.path == nil && !o.size }

// condition parses the expression of a request member. It returns nil when the request has no expression.
func (h *placeholders) condition(field string, expression *string) (*condition, error) {
	if expression == nil {
		return nil, nil
	}
	p, err := h.parser(field, *expression)
	if err != nil {
		return nil, err
	}
	c, err := p.or()
	if err != nil {
		return nil, err
	}
	return &c, p.end()
}

func (p *parser) or() (condition, error) {
	return p.chain("or", p.and)
}

func (p *parser) and() (condition, error) {
	return p.chain("and", p.not)
}

func (p *parser) chain(op string, part func() (condition, error)) (condition, error) {
	first, err := part()
	if err != nil || !p.peek().is(op) {
		return first, err
	}
	all := condition{op: op, inside: []condition{first}}
	for p.take(op) {
		c, err := part()
		if err != nil {
			return condition{}, err
		}
		all.inside = append(all.inside, c)
	}
	return all, nil
}

func (p *parser) not() (condition, error) {
	if p.depth++; p.depth > maxDepth {
		return condition{}, p.fail("The expression is nested too deeply")
	}
	defer func() { p.depth-- }()
	if p.take("not") {
		c, err := p.not()
		return condition{op: "not", inside: []condition{c}}, err
	}
	if p.take("(") {
		c, err := p.or()
		if err != nil {
			return condition{}, err
		}
		return c, p.expect(")")
	}
	return p.comparison()
}

// The functions that are conditions, with their number of operands.
var functions = map[string]int{
	"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2,
}

func (p *parser) comparison() (condition, error) {
	if t := p.peek(); t.kind == 'w' && len(p.rest) > 1 && p.rest[1].text == "(" && t.text != "size" {
		return p.function()
	}
	left, err := p.operand()
	if err != nil {
		return condition{}, err
	}
	switch t := p.next(); {
	case slices.Contains([]string{"=", "<>", "<", "<=", ">", ">="}, t.text):
		right, err := p.operand()
		if err != nil {
			return condition{}, err
		}
		c := condition{op: t.text, operands: []operand{left, right}}
		return c, p.checkOrder(c)
	case t.is("between"):
		low, err := p.operand()
		if err != nil {
			return condition{}, err
		}
		if err := p.expect("and"); err != nil {
			return condition{}, err
		}
		high, err := p.operand()
		if err != nil {
			return condition{}, err
		}
		c := condition{op: "between", operands: []operand{left, low, high}}
		return c, p.checkOrder(c)
	case t.is("in"):
		return p.in(left)
	default:
		return condition{}, p.syntax(t)
	}
}

func (p *parser) in(left operand) (condition, error) {
	c := condition{op: "in", operands: []operand{left}}
	if err := p.expect("("); err != nil {
		return c, err
	}
	for {
		o, err := p.operand()
		if err != nil {
			return c, err
		}
		c.operands = append(c.operands, o)
		if !p.take(",") {
			break
		}
	}
	if len(c.operands) > 101 {
		return c, p.fail("Invalid number of operands for operator or function; operator or function: IN")
	}
	return c, p.expect(")")
}

func (p *parser) function() (condition, error) {
	c := condition{op: p.next().text}
	wanted, known := functions[c.op]
	if !known {
		return c, p.fail("Invalid function name; function: %s", c.op)
	}
	p.next()
	for {
		o, err := p.operand()
		if err != nil {
			return c, err
		}
		c.operands = append(c.operands, o)
		if !p.take(",") {
			break
		}
	}
	if err := p.expect(")"); err != nil {
		return c, err
	}
	if len(c.operands) != wanted {
		return c, p.fail("Incorrect number of operands for operator or function; operator or function: %s, "+
			"number of operands: %d", c.op, len(c.operands))
	}
	return c, p.checkFunction(c)
}

func (p *parser) operand() (operand, error) {
	if t := p.peek(); t.text == "size" && t.kind == 'w' && p.rest[1].text == "(" {
		p.next()
		p.next()
		of, err := p.operand()
		if err != nil {
			return of, err
		}
		of.size = true
		return of, p.expect(")")
	}
	if p.peek().kind == ':' {
		v, err := p.placeholder()
		return operand{value: v}, err
	}
	found, err := p.path()
	return operand{path: found}, err
}

// checkOrder refuses operands whose type has no order, and bounds of BETWEEN whose lower bound is greater than the upper
// bound.
func (p *parser) checkOrder(c condition) error {
	if c.op == "=" || c.op == "<>" {
		return nil
	}
	for _, o := range c.operands {
		if o.literal() && !o.value.ordered(o.value) {
			return p.wrongType(c.op, o)
		}
	}
	if c.op != "between" || !c.operands[1].literal() || !c.operands[2].literal() {
		return nil
	}
	low, high := c.operands[1].value, c.operands[2].value
	if !low.ordered(high) {
		return p.fail("The BETWEEN operator requires same data type for lower and upper bounds")
	}
	if low.compare(high) > 0 {
		return p.fail("The BETWEEN operator requires upper bound to be greater than or equal to lower bound")
	}
	return nil
}

func (p *parser) wrongType(op string, o operand) error {
	return p.fail("Incorrect operand type for operator or function; operator or function: %s, operand type: %s",
		strings.ToUpper(op[:1])+op[1:], o.value.kind)
}

func (p *parser) checkFunction(c condition) error {
	first := c.operands[0]
	if strings.HasPrefix(c.op, "attribute_") && (first.path == nil || first.size) {
		return p.fail("Operator or function requires a document path; operator or function: %s", c.op)
	}
	if len(c.operands) < 2 || !c.operands[1].literal() {
		return nil
	}
	second := c.operands[1]
	switch c.op {
	case "begins_with":
		if second.value.kind != stringKind && second.value.kind != binaryKind {
			return p.wrongType(c.op, second)
		}
	case "attribute_type":
		if second.value.kind != stringKind {
			return p.wrongType(c.op, second)
		}
		switch k := kind(second.value.text); k {
		case stringKind, numberKind, binaryKind, boolKind, nullKind, stringSetKind, numberSetKind, binarySetKind,
			listKind, mapKind:
		default:
			return p.fail("Invalid attribute type name found; type: %s", k)
		}
	}
	return nil
}
