// Package documents_test checks the documents of the repository: their commands exist, their examples are valid, and what
// they link to or name is there.
package documents_test

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the repository, as seen from here.
const root = "../.."

// document is a Markdown file, taken apart.
type document struct {
	path   string // from the repository's root, with slashes
	lines  int
	prose  string // the text without code blocks
	spans  []span // inline code, in the order of the text
	blocks []block
}

// span is inline code. Line breaks within are spaces.
type span struct {
	text string
	line int
}

// block is a code block without its indentation. An indented one, and a fence without a word, has no language.
type block struct {
	language string
	fenced   bool
	text     string
	line     int // of its first line
}

// documents are all that this package checks: the README, CONTRIBUTING, and what they lead to.
func documents(t *testing.T) []document {
	t.Helper()
	paths := []string{"README.md", "CONTRIBUTING.md", "test/README.md"}
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d pages in docs, %v", len(pages), err)
	}
	for _, page := range pages {
		paths = append(paths, "docs/"+filepath.Base(page))
	}
	var all []document
	for _, path := range paths {
		all = append(all, parse(path, read(t, path)))
	}
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

var (
	fence    = regexp.MustCompile("^( *)```([a-z]*)$")
	listItem = regexp.MustCompile(`^( *)([-*]|\d+\.) +`)
	inline   = regexp.MustCompile("`([^`]+)`")
)

// parse takes a document apart. It knows the Markdown that this repository uses: fenced blocks, and blocks that are indented
// by four or more within what they belong to, after an empty line.
func parse(path, source string) document {
	d := document{path: path, lines: strings.Count(source, "\n")}
	var prose strings.Builder
	var open *block
	indent, fenceIndent, empty := 0, 0, true // indent is that of the list item at hand
	end := func() {
		if open != nil {
			d.blocks = append(d.blocks, *open)
			open = nil
		}
	}
	for i, line := range strings.Split(source, "\n") {
		at := len(line) - len(strings.TrimLeft(line, " "))
		mark := fence.FindStringSubmatch(line)
		switch {
		case open != nil && open.fenced && mark != nil:
			end()
		case open != nil && open.fenced:
			open.text += line[min(at, fenceIndent):] + "\n"
		case mark != nil:
			end()
			fenceIndent = len(mark[1])
			open = &block{language: mark[2], fenced: true, line: i + 2}
		case line == "":
			end()
		case at >= indent+4 && (empty || open != nil):
			if open == nil {
				open = &block{line: i + 1}
			}
			open.text += line[indent+4:] + "\n"
		default:
			end()
			if item := listItem.FindString(line); item != "" {
				indent = len(item)
			} else if at == 0 {
				indent = 0
			}
			prose.WriteString(line)
		}
		prose.WriteString("\n")
		empty = line == ""
	}
	d.prose = prose.String()
	for _, at := range inline.FindAllStringSubmatchIndex(d.prose, -1) {
		d.spans = append(d.spans, span{
			text: strings.Join(strings.Fields(d.prose[at[2]:at[3]]), " "), line: 1 + strings.Count(d.prose[:at[0]], "\n"),
		})
	}
	return d
}

// problem is a mistake in a document.
type problem struct {
	line int
	what string
}

// report reports the problems of all documents that a check finds.
func report(t *testing.T, check func(*testing.T, document) []problem) {
	t.Helper()
	for _, d := range documents(t) {
		found := check(t, d)
		slices.SortStableFunc(found, func(a, b problem) int { return cmp.Compare(a.line, b.line) })
		for _, p := range found {
			t.Errorf("%s:%d: %s", d.path, p.line, p.what)
		}
	}
}
