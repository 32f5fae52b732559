package documents_test

import (
	"regexp"
	"testing"
)

var assumption = regexp.MustCompile(`(?m)^<a id="a([0-9]+)"></a>\n### A([0-9]+)\. `)

// Each assumption has a number of its own, and an anchor with that number.
func TestAssumptionsAreNumbered(t *testing.T) {
	page := read(t, "docs/assumptions.md")
	seen := map[string]bool{}
	for _, m := range assumption.FindAllStringSubmatch(page, -1) {
		if m[1] != m[2] || seen[m[2]] {
			t.Errorf("docs/assumptions.md: A%s has the anchor a%s, or its number twice", m[2], m[1])
		}
		seen[m[2]] = true
	}
	if headings := regexp.MustCompile(`(?m)^### `).FindAllString(page, -1); len(seen) != len(headings) {
		t.Errorf("docs/assumptions.md: %d of %d entries have an anchor and a number of their own", len(seen), len(headings))
	}
}
