package yamlschema

import (
	"fmt"
	"strings"
)

// Quoted returns a value for a message, in quotes and clipped.
func Quoted(s string) string { return fmt.Sprintf("%q", Clipped(s)) }

// Clipped returns a value for a message. It replaces everything after the first 60 characters by "...".
func Clipped(s string) string {
	const limit = 60
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	return string(r[:limit]) + "..."
}

// Listed returns "a, b and c", with conjunction in the place of "and".
func Listed(words []string, conjunction string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}

// Plural returns the unit as it follows a count: "item" after 1, otherwise "items".
func Plural(count int, unit string) string {
	if count == 1 {
		return unit
	}
	return unit + "s"
}
