// Package live is a suite of everything that package oracle asks a database: each statement of its catalogue, and checks, plans and
// counts of tables that the suite knows. Its test runs the suite against a real Oracle database (`make oracle-test`). The tests of
// the database check run the same suite against a stand-in, and fail if it does not send a statement of the catalogue.
package live

import (
	"context"
	"database/sql"
	"slices"
	"testing"

	"github.com/oralake/oralake/internal/oracle"
)

// Database is a database with the suite's tables.
type Database struct {
	// Reader has sessions of a user who may read the dictionary and all rows.
	Reader *sql.DB
	// Owner has sessions of the user who owns the tables, and may read nothing else.
	Owner *sql.DB
	// Schema is the schema of the tables.
	Schema string
	// Version is the version of the database, such as 19.0.0.0.0.
	Version string
	// Sent returns the names of the statements that the database has accepted or refused so far.
	Sent func(context.Context) ([]string, error)
}

// The suite's tables. Each has Rows rows.
const (
	Everything = "ALL_TYPES" // ID NUMBER(10) is the key; AT DATE; NOTE CLOB with 4 characters; BYTES BLOB with 5 bytes; CODE CHAR(10)
	Numbers    = "NUMBERS"   // K NUMBER is the key: (i - 10000) / 4
	Dates      = "DATES"     // K DATE is the key
	Timestamps = "STAMPS"    // K TIMESTAMP(3) is the key
	Texts      = "TEXTS"     // K VARCHAR2(20) is the key, with capitals and small letters
	Parts      = "PARTS"     // ID NUMBER(10) is the key; two partitions, P1 and P2
	View       = "ALL_ROWS"  // a view of ALL_TYPES
)

// Rows is the number of rows of each table. CODE is AB in the first Codes rows of ALL_TYPES, and CD in the others. AT is 2020-01-01
// plus ID days.
const (
	Rows  = 20_000
	Codes = 7
)

func (d Database) table(name string) oracle.Table {
	return oracle.Table{Schema: d.Schema, Name: name, View: name == View}
}

// Run runs the suite.
func Run(t *testing.T, d Database) {
	t.Helper()
	for _, name := range oracle.Statements() {
		if slices.Contains(completed, name) {
			continue // a row of the suite sends it
		}
		t.Run("statement "+name, func(t *testing.T) { d.accepted(t, name) })
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) { row(d, t) })
	}
	sent, err := d.Sent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range oracle.Statements() {
		if !slices.Contains(sent, name) {
			t.Errorf("no row of the suite sends the statement %q", name)
		}
	}
}

// completed are the statements that the check completes with branches for the tables of a job.
var completed = []string{"redo log", "probe", "LOB sizes", "key ranges", "row count", "changed rows"}

// accepted sends a statement as it is for this version, and as it is for the oldest.
func (d Database) accepted(t *testing.T, name string) {
	tables := []oracle.Table{d.table(Everything), d.table(Parts), d.table(View)}
	for _, version := range []string{d.Version, "11.2.0.4.0"} {
		if err := oracle.Send(t.Context(), d.Reader, name, version, tables); err != nil {
			t.Errorf("as for version %s: %v", version, err)
		}
	}
}
