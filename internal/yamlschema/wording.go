package yamlschema

import (
	"fmt"
	"strings"
)

// Quoted is a value for a message, in quotes and clipped.
func Quoted(s string) string { return fmt.Sprintf("%q", Clipped(s)) }

// Clipped is a value for a message. One of more than 60 characters loses its end.
func Clipped(s string) string {
	const limit = 60
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	return string(r[:limit]) + "..."
}

// Listed is "a, b and c", with the conjunction given.
func Listed(words []string, conjunction string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}

// Plural is the unit as it follows a count: "item" after 1, otherwise "items".
func Plural(count int, unit string) string {
	if count == 1 {
		return unit
	}
	return unit + "s"
}
