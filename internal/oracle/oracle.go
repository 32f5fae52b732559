// Package oracle asks an Oracle database what must be known before DMS reads it: whether it is ready, how its large
// tables are best split, how long its LOBs are, and, after a load, how many rows it had.
//
// Everything is read with a few SELECT statements a run, not a few a table, from Oracle's dictionary and dynamic views.
// The statements are in catalogue.go. What cannot be asked, because the database is out of reach or the user lacks a
// privilege, is a finding like any other.
package oracle

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// Queryer runs a query. *sql.DB, *sql.Conn and *sql.Tx are Queryers. Arguments are named, by sql.Named.
type Queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Table is a table to be checked, by its names as the dictionary has them.
type Table struct {
	Schema  string
	Name    string
	Exclude []string // columns that stay behind: nothing is found wrong with them
	Filters []Filter // which rows are loaded; none for all
	// LOBMaxKB is the limit beyond which a LOB fails the task. 0 is no limit of the file's: it is to be measured.
	LOBMaxKB int
	// Parallel asks for a plan of how the full load of the table is split.
	Parallel bool
}

// String is SCHEMA.TABLE, as records and DMS's statistics have it.
func (t Table) String() string { return t.Schema + "." + t.Name }

// sql is the table's name in a statement. It is quoted, so that it is found as the dictionary has it.
func (t Table) sql() string { return quote(t.Schema) + "." + quote(t.Name) }

// quote writes an identifier so that Oracle takes it literally. Oracle has no way to write a double quote within one.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, "") + `"` }

// How DMS reads the redo log.
const (
	LogMiner     = "logminer"
	BinaryReader = "binary-reader"
)

// Needs is what a job asks of the database, and how much the check may ask.
type Needs struct {
	FullLoad bool
	CDC      bool
	Capture  string // LogMiner or BinaryReader: how CDC reads the redo log
	Planning Planning
	// QueryTime bounds each query; default 60 seconds. A query that takes longer becomes a finding.
	QueryTime time.Duration
	// Explain says in words why a driver cannot connect, and what mends it; nil, or false, for what Oracle's own error
	// codes say.
	Explain func(error) (text, fix string, known bool)
}

func (n Needs) queryTime() time.Duration {
	if n.QueryTime > 0 {
		return n.QueryTime
	}
	return time.Minute
}
