package oracledb

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/oralake/oralake/test/oracledictionary"
)

// respelled are the parts of Oracle's SQL that SQLite writes differently. Quoted text is not changed.
//
// A sample takes rows, not blocks: it has the same size but is no faster.
var respelled = []struct {
	oracle *regexp.Regexp
	sqlite string
}{
	{regexp.MustCompile(`(?i)\bSYSDATE\b`), `source_sysdate()`}, // a number of days, as in Oracle's arithmetic
	{regexp.MustCompile(`(?i)\bLENGTH\(`), `lob_length(`},       // the check measures only LOBs
	{regexp.MustCompile(`(?i)\bWHERE ROWNUM <= (\d+)`), `LIMIT $1`},
	{regexp.MustCompile(`(?i)\bSAMPLE BLOCK \(([0-9.]+)\)`), `WHERE abs(random() % 1000000) < $1 * 10000`},
}

// spell translates a statement to SQLite's SQL.
func spell(query string) string {
	var b strings.Builder
	for len(query) > 0 {
		plain, quote := query, byte(0)
		if i := strings.IndexAny(query, `'"`); i >= 0 {
			plain, quote = query[:i], query[i]
		}
		query = query[len(plain):]
		for _, r := range respelled {
			plain = r.oracle.ReplaceAllString(plain, r.sqlite)
		}
		b.WriteString(oracledictionary.Spell(plain))
		if quote == 0 {
			break
		}
		// A doubled quote ends one quoted part and starts the next, with the same result.
		end := strings.IndexByte(query[1:], quote)
		if end < 0 {
			end = len(query) - 2
		}
		b.WriteString(query[:end+2])
		query = query[end+2:]
	}
	return b.String()
}

// oracleError adds Oracle's code to an error of SQLite.
func oracleError(err error) error {
	text := err.Error()
	if at := strings.Index(text, "ORA-"); at >= 0 { // from a function; SQLite has added text around it
		return errors.New(strings.TrimSuffix(text[at:], " (1)"))
	}
	for _, known := range []struct{ sqlite, oracle string }{
		{"no such table", "ORA-00942: table or view does not exist"},
		{"no such column", "ORA-00904: invalid identifier"},
		{"no such function", "ORA-00904: invalid identifier"},
		{"interrupted", "ORA-01013: user requested cancel of current operation"},
	} {
		if strings.Contains(text, known.sqlite) {
			return fmt.Errorf("%s: %w", known.oracle, err)
		}
	}
	return fmt.Errorf("ORA-00900: invalid SQL statement, or one that this stand-in for Oracle does not support: %w", err)
}
