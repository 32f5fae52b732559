package documents_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestWords(t *testing.T) { report(t, checkWords) }

// instead are words that readers who learned English late have to look up, and better ones.
var instead = map[string]string{
	"anew":               "again",
	"cure[sd]?":          "fix",
	"look(s|ed)? after":  "reconcile, check",
	"sweeps?|swept":      "recovery, recover",
	"at rest":            "stopped",
	"at work":            "running",
	"tak(e|es|en) down":  "delete",
	"giv(e|es|en) up":    "stop retrying",
	"hears?":             "receive",
	`\[U\]`:              "the sentence that says what is not known, and how to check it",
	"whoever|whatsoever": "the noun",
}

func checkWords(_ *testing.T, d document) (found []problem) {
	text := inline.ReplaceAllStringFunc(d.prose, func(code string) string {
		return strings.Repeat("\n", strings.Count(code, "\n"))
	})
	for i, line := range strings.Split(text, "\n") {
		for word, better := range instead {
			if hit := regexp.MustCompile(`(?i)(?:^|\W)(` + word + `)(?:$|\W)`).FindStringSubmatch(line); hit != nil {
				found = append(found, problem{i + 1, fmt.Sprintf("%q: write %s", hit[1], better)})
			}
		}
	}
	return found
}

// longest is how many lines README.md may have: more belongs to docs.
const longest = 150

func TestREADMEIsShort(t *testing.T) {
	if d := parse("README.md", read(t, "README.md")); d.lines > longest {
		t.Errorf("README.md has %d lines, and %d are the most", d.lines, longest)
	}
}
