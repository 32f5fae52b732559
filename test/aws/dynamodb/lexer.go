package dynamodb

import (
	"strings"
	"unicode"

	_ "embed"
)

// token is a word, placeholder, number or sign of an expression.
type token struct {
	text string
	kind rune // 'w' word, '#' name placeholder, ':' value placeholder, '0' number, 0 the end, otherwise the sign itself
	near string
}

//go:embed reserved_words.txt
var reservedWords string

// reserved are the words that DynamoDB refuses as attribute names in an expression.
var reserved = func() map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(reservedWords) {
		all[word] = true
	}
	return all
}()

// tokens splits an expression into tokens.
func (p *parser) tokens(expression string) ([]token, error) {
	var all []token
	rest := []rune(expression)
	for len(rest) > 0 {
		c := rest[0]
		if unicode.IsSpace(c) {
			rest = rest[1:]
			continue
		}
		t := token{kind: c, near: near(rest)}
		n := 1
		switch {
		case c == '#' || c == ':':
			for n < len(rest) && wordRune(rest[n]) {
				n++
			}
			if n == 1 {
				return nil, p.syntax(token{text: string(c), near: t.near})
			}
		case unicode.IsDigit(c):
			t.kind = '0'
			for n < len(rest) && unicode.IsDigit(rest[n]) {
				n++
			}
		case wordRune(c):
			t.kind = 'w'
			for n < len(rest) && wordRune(rest[n]) {
				n++
			}
		case c == '<' && len(rest) > 1 && (rest[1] == '=' || rest[1] == '>'), c == '>' && len(rest) > 1 && rest[1] == '=':
			n = 2
		case !strings.ContainsRune("=<>()[],.+-", c):
			return nil, p.syntax(token{text: string(c), near: t.near})
		}
		t.text = string(rest[:n])
		all = append(all, t)
		rest = rest[n:]
	}
	return append(all, token{text: "<EOF>"}), nil
}

func wordRune(c rune) bool {
	return c == '_' || c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c))
}

func near(rest []rune) string { return string(rest[:min(len(rest), 20)]) }

// is reports whether the token is a keyword, in upper or lower case.
func (t token) is(keyword string) bool { return t.kind == 'w' && strings.EqualFold(t.text, keyword) }
