package mapping

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// pattern matches names. Matching is case-sensitive.
type pattern struct {
	text string
	wild bool           // it may match several names
	re   *regexp.Regexp // nil when the underscore is the only wildcard
}

func literal(name string) pattern { return pattern{text: name} }

func (p pattern) matches(name string) bool {
	switch {
	case !p.wild:
		return p.text == name
	case p.re != nil:
		return p.re.MatchString(name)
	}
	// Every name with an underscore is a pattern, so most patterns are compared here, without a regular expression.
	for _, want := range p.text {
		got, size := utf8.DecodeRuneInString(name)
		if size == 0 || got != want && want != '_' {
			return false
		}
		name = name[size:]
	}
	return name == ""
}

// wildcards parses a name with the wildcards of DMS: % matches any characters, _ matches one character, and [ab] or [a-d]
// match one character of a set.
func wildcards(s string) (pattern, error) {
	p, onlyUnderscores := pattern{text: s}, true
	var re strings.Builder
	re.WriteString(`(?s)\A`)
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		switch c := runes[i]; c {
		case '%':
			re.WriteString(".*")
			p.wild, onlyUnderscores = true, false
		case '_':
			re.WriteString(".")
			p.wild = true
		case '[':
			end := i + 1
			for end < len(runes) && runes[end] != ']' {
				end++
			}
			if end == len(runes) || end == i+1 {
				return p, fmt.Errorf("name %q: a set such as [ab] or [a-d] is empty or has no closing bracket", s)
			}
			re.WriteString(set(runes[i+1 : end]))
			p.wild, onlyUnderscores = true, false
			i = end
		default:
			re.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	re.WriteString(`\z`)
	if onlyUnderscores {
		return p, nil
	}
	var err error
	if p.re, err = regexp.Compile(re.String()); err != nil {
		return p, fmt.Errorf("name %q: not a valid pattern", s)
	}
	return p, nil
}

// set converts a DMS set to a regexp set. A hyphen between two characters makes a range; all other characters match themselves.
func set(inside []rune) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, c := range inside {
		if c == '-' && i > 0 && i < len(inside)-1 {
			b.WriteByte('-')
			continue
		}
		if strings.ContainsRune(`\^[]-`, c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	b.WriteByte(']')
	return b.String()
}
