package oracletest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Script is an SQL script that fills the views of Oracle's dictionary and makes the job's tables. Names of tables in the schemas of a
// database have the schema, such as SALES.ORDERS.
type Script struct {
	path string // of its file; empty for a script in a test
	text string
}

// File reads an SQL script from a file.
func File(t testing.TB, path string) Script {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return Script{path, string(content)}
}

// load runs a script. The error has the place of the statement that failed, such as a row with a value that Oracle does not document.
func (d *Database) load(ctx context.Context, script Script) (err error) {
	conn, err := d.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	for _, s := range script.statements() {
		if made := madeTable.FindStringSubmatch(s.text); made != nil {
			return fmt.Errorf("%s: %s has no schema: write SCHEMA.%[2]s, or describe the view of Oracle in oracledictionary/views.txt",
				script.place(s), made[1])
		}
		if _, err := conn.ExecContext(ctx, s.text); err != nil {
			return fmt.Errorf("%s: %w", script.place(s), err)
		}
	}
	return nil
}

// madeTable matches a statement that makes a table outside the schemas.
var madeTable = regexp.MustCompile(`(?i)^CREATE\s+(?:TEMP\s+)?(?:TABLE|VIEW)\s+([^\s.(]+)(?:\s|\(|$)`)

// statement is a statement of a script, with the number of its first line.
type statement struct {
	line int
	text string
}

func (s Script) place(at statement) string {
	if s.path == "" {
		return at.text
	}
	return fmt.Sprintf("%s:%d", s.path, at.line)
}

// tokens matches what hides a semicolon, a semicolon, and a new line.
var tokens = regexp.MustCompile(`--[^\n]*|'[^']*'|"[^"]*"|;|\n`)

// statements splits a script at its semicolons.
func (s Script) statements() []statement {
	var all []statement
	line, start, first := 1, 0, 0 // first is the line at which the text of the current statement begins; 0 before it
	add := func(end int) {
		if text := strings.TrimSpace(s.text[start:end]); text != "" {
			all = append(all, statement{first, text})
		}
		first = 0
	}
	position := 0
	text := func(to int) { // the text between two tokens
		if first == 0 && strings.TrimSpace(s.text[position:to]) != "" {
			first = line
		}
	}
	for _, found := range tokens.FindAllStringIndex(s.text, -1) {
		text(found[0])
		token := s.text[found[0]:found[1]]
		switch {
		case token == ";":
			add(found[0])
			start = found[1]
		case strings.HasPrefix(token, "--") && first == 0:
			start = found[1] // a comment before a statement is not a part of it
		}
		line += strings.Count(token, "\n")
		position = found[1]
	}
	text(len(s.text))
	add(len(s.text))
	return all
}
