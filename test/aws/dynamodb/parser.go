package dynamodb

import (
	"strconv"
	"strings"
)

// parser parses one expression. field is the request member with the expression, for error messages.
type parser struct {
	field   string
	holders *placeholders
	rest    []token
	depth   int
}

// maxDepth is the largest depth of parentheses. It prevents a stack overflow.
const maxDepth = 300

func (h *placeholders) parser(field, expression string) (*parser, error) {
	p := &parser{field: field, holders: h}
	if len(expression) > 4096 {
		return nil, p.fail("Expression size has exceeded the maximum allowed size; expression size: %d", len(expression))
	}
	var err error
	p.rest, err = p.tokens(expression)
	return p, err
}

func (p *parser) fail(format string, args ...any) error {
	return invalid("Invalid "+p.field+": "+format, args...)
}

func (p *parser) syntax(t token) error {
	return p.fail("Syntax error; token: %q, near: %q", t.text, t.near)
}

func (p *parser) peek() token { return p.rest[0] }

func (p *parser) next() token {
	t := p.rest[0]
	if t.kind != 0 {
		p.rest = p.rest[1:]
	}
	return t
}

func (p *parser) take(sign string) bool {
	if t := p.peek(); t.text == sign && t.kind != 0 && t.kind != 'w' || t.is(sign) {
		p.next()
		return true
	}
	return false
}

func (p *parser) expect(sign string) error {
	if !p.take(sign) {
		return p.syntax(p.peek())
	}
	return nil
}

func (p *parser) end() error {
	if t := p.peek(); t.kind != 0 {
		return p.syntax(t)
	}
	return nil
}

// path parses name(.name|[index])*.
func (p *parser) path() (path, error) {
	first, err := p.name()
	if err != nil {
		return nil, err
	}
	found := path{{name: first}}
	for {
		switch {
		case p.take("."):
			name, err := p.name()
			if err != nil {
				return nil, err
			}
			found = append(found, step{name: name})
		case p.take("["):
			t := p.next()
			index, err := strconv.Atoi(t.text)
			if t.kind != '0' || err != nil {
				return nil, p.syntax(t)
			}
			if err := p.expect("]"); err != nil {
				return nil, err
			}
			found = append(found, step{index: index})
		default:
			return found, nil
		}
	}
}

func (p *parser) name() (string, error) {
	switch t := p.next(); t.kind {
	case '#':
		name, ok := p.holders.names[t.text]
		if !ok {
			return "", p.fail("An expression attribute name used in the document path is not defined; "+
				"attribute name: %s", t.text)
		}
		if name == "" {
			return "", invalid("ExpressionAttributeNames contains invalid value: Empty name for key %s", t.text)
		}
		p.holders.used[t.text] = true
		return name, nil
	case 'w':
		if reserved[strings.ToUpper(t.text)] {
			return "", p.fail("Attribute name is a reserved keyword; reserved keyword: %s", t.text)
		}
		return t.text, nil
	default:
		return "", p.syntax(t)
	}
}

func (p *parser) placeholder() (value, error) {
	t := p.next()
	if t.kind != ':' {
		return value{}, p.syntax(t)
	}
	v, ok := p.holders.values[t.text]
	if !ok {
		return value{}, p.fail("An expression attribute value used in expression is not defined; "+
			"attribute value: %s", t.text)
	}
	p.holders.used[t.text] = true
	return v, nil
}

// paths parses a projection expression.
func (h *placeholders) paths(expression *string) ([]path, error) {
	if expression == nil {
		return nil, nil
	}
	p, err := h.parser("ProjectionExpression", *expression)
	if err != nil {
		return nil, err
	}
	var all []path
	for {
		one, err := p.path()
		if err != nil {
			return nil, err
		}
		if err := p.apart(all, one); err != nil {
			return nil, err
		}
		all = append(all, one)
		if !p.take(",") {
			return all, p.end()
		}
	}
}

// apart refuses a path that overlaps with a path in all.
func (p *parser) apart(all []path, one path) error {
	for _, other := range all {
		if other.overlaps(one) {
			return p.fail("Two document paths overlap with each other; must remove or rewrite one of these paths; "+
				"path one: %s, path two: %s", other, one)
		}
	}
	return nil
}
