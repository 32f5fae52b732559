package mapping

import (
	"fmt"
	"regexp"
	"strings"
)

// pattern matches names, which are case-sensitive.
type pattern struct {
	text string
	wild bool
	re   *regexp.Regexp // nil when the pattern is a name
}

func literal(name string) pattern { return pattern{text: name} }

func (p pattern) matches(name string) bool {
	if p.re == nil {
		return p.text == name
	}
	return p.re.MatchString(name)
}

// wildcards reads a name with DMS's wildcards: % is any characters, _ one character, [ab] and [a-d] one of a set.
func wildcards(s string) (pattern, error) {
	p := pattern{text: s}
	var re strings.Builder
	re.WriteString(`(?s)\A`)
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		switch c := runes[i]; c {
		case '%':
			re.WriteString(".*")
			p.wild = true
		case '_':
			re.WriteString(".")
			p.wild = true
		case '[':
			end := i + 1
			for end < len(runes) && runes[end] != ']' {
				end++
			}
			if end == len(runes) || end == i+1 {
				return p, fmt.Errorf("name %q: a set such as [ab] or [a-d] is not closed or empty", s)
			}
			re.WriteString(set(runes[i+1 : end]))
			p.wild = true
			i = end
		default:
			re.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	re.WriteString(`\z`)
	if !p.wild {
		return p, nil
	}
	var err error
	if p.re, err = regexp.Compile(re.String()); err != nil {
		return p, fmt.Errorf("name %q: not a pattern of names", s)
	}
	return p, nil
}

// set writes the inside of a DMS set for regexp: a hyphen between two characters is a range, everything else is itself.
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
