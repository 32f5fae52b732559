package asl

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// parseIntrinsic reads a call such as States.Format('{} of {}', $.done, $.all). Arguments are strings in single
// quotes, numbers, true, false, null, paths and further calls.
func parseIntrinsic(text string) (expression, error) {
	p := &intrinsicParser{rest: text}
	call, err := p.call()
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	if p.space(); p.rest != "" {
		return nil, fmt.Errorf("%q: unexpected %q after the call", text, p.rest)
	}
	return call, nil
}

type intrinsicParser struct{ rest string }

func (p *intrinsicParser) space() { p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace) }

func (p *intrinsicParser) take(token string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *intrinsicParser) call() (expression, error) {
	p.space()
	name, rest, ok := strings.Cut(p.rest, "(")
	if !ok {
		return nil, fmt.Errorf("want a call such as States.Format('{}', $.a)")
	}
	name = strings.TrimSpace(name)
	f, ok := intrinsics[name]
	if !ok {
		if slices.Contains(refusedIntrinsics, name) {
			return nil, fmt.Errorf("the embedded AWS does not implement the intrinsic function %s", name)
		}
		return nil, fmt.Errorf("there is no intrinsic function %q", name)
	}
	p.rest = rest
	var args []expression
	for !p.take(")") {
		if len(args) > 0 && !p.take(",") {
			return nil, fmt.Errorf("%s: want , or ) before %q", name, p.rest)
		}
		arg, err := p.argument()
		if err != nil {
			return nil, fmt.Errorf("%s: argument %d: %w", name, len(args)+1, err)
		}
		args = append(args, arg)
	}
	if len(args) < f.min || f.max >= 0 && len(args) > f.max {
		return nil, fmt.Errorf("%s: %d arguments given, want %s", name, len(args), f.arity())
	}
	return func(input, context any) (any, error) {
		values := make([]any, len(args))
		for i, arg := range args {
			var err error
			if values[i], err = arg(input, context); err != nil {
				return nil, err
			}
		}
		v, err := f.apply(values)
		if err != nil {
			return nil, errorf(ErrIntrinsicFailure, "%s: %v", name, err)
		}
		return v, nil
	}, nil
}

func (p *intrinsicParser) argument() (expression, error) {
	p.space()
	switch {
	case p.rest == "":
		return nil, fmt.Errorf("missing")
	case p.rest[0] == '\'':
		return p.quoted()
	case p.rest[0] == '$':
		end := pathEnd(p.rest)
		text := p.rest[:end]
		p.rest = p.rest[end:]
		return pathExpression(text)
	case strings.HasPrefix(p.rest, "States."):
		return p.call()
	}
	end := strings.IndexAny(p.rest, ",)")
	if end < 0 {
		end = len(p.rest)
	}
	v, err := Parse([]byte(p.rest[:end]))
	if err != nil {
		return nil, fmt.Errorf("%q is no number, boolean, null, 'string', path or call", p.rest[:end])
	}
	p.rest = p.rest[end:]
	return func(any, any) (any, error) { return v, nil }, nil
}

// quoted reads '...', in which \' \\ \{ and \} stand for themselves; the braces keep their backslash, because
// States.Format has yet to tell them from its placeholders.
func (p *intrinsicParser) quoted() (expression, error) {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\'':
			text := b.String()
			p.rest = p.rest[i+1:]
			return func(any, any) (any, error) { return text, nil }, nil
		case c == '\\' && i+1 < len(p.rest):
			i++
			if next := p.rest[i]; next == '{' || next == '}' {
				b.WriteByte('\\')
			}
			b.WriteByte(p.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return nil, fmt.Errorf("a string without closing quote: %s", p.rest)
}

// pathEnd is where the path at the start of text ends: at a comma, a closing parenthesis or a space outside brackets.
func pathEnd(text string) int {
	depth := 0
	for i, c := range text {
		switch c {
		case '[':
			depth++
		case ']':
			depth--
		case ',', ')', ' ':
			if depth == 0 {
				return i
			}
		}
	}
	return len(text)
}
