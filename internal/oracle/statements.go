package oracle

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// with returns the statement with a completed text.
func (q query) with(text string) query {
	q.text = text
	return q
}

// tagged returns the text of the statement with a comment, by which a DBA finds it in V$SQL: SELECT /* oralake NAME */.
func (q query) tagged() string {
	rest, found := strings.CutPrefix(q.text, "SELECT ")
	if !found {
		return q.text // such as a branch in brackets
	}
	return "SELECT /* oralake " + q.name + " */ " + rest
}

var tag = regexp.MustCompile(`^SELECT /\* oralake ([^*]+) \*/ `)

// TagOf returns the name of a statement from its text, as V$SQL shows it, and its text without the comment. The name is empty for a
// statement of another program.
func TagOf(text string) (name, untagged string) {
	m := tag.FindStringSubmatch(text)
	if m == nil {
		return "", text
	}
	return m[1], "SELECT " + text[len(m[0]):]
}

// Statements returns the names of all statements that this package can send.
func Statements() []string {
	names := make([]string, len(catalogue))
	for i, q := range catalogue {
		names[i] = q.name
	}
	return names
}

// Send sends a statement of the catalogue for some tables, as Check does to a version of Oracle such as 19.3, and ignores its rows. So
// it tells whether Oracle accepts the statement. Send refuses a statement that the check completes with branches.
func Send(ctx context.Context, db Pool, name, version string, tables []Table) error {
	i := slices.IndexFunc(catalogue, func(q query) bool { return q.name == name })
	if i < 0 || strings.Contains(catalogue[i].text, "{tables}") {
		return fmt.Errorf("the catalogue has no complete statement %q", name)
	}
	s := &session{db: db, limit: Needs{}.queryTime(), release: parseRelease(version)}
	return s.ofTables(ctx, catalogue[i], tables, func(*sql.Rows) error { return nil })
}
