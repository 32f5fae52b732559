// Package oracle checks an Oracle database before DMS reads it: whether the database is ready, how to split the load of
// large tables, and how long the LOBs are. After a load it counts the rows at the source.
//
// It reads Oracle's dictionary and dynamic views with a small number of SELECT statements for each run, not for each table.
// The statements are in queries.go. If a statement fails, because the database is not reachable or the user lacks a
// privilege, the report has a finding that says so.
package oracle

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// Pool hands out connections. *sql.DB is a Pool. Each statement has a connection of its own: *sql.DB repeats a query whose
// connection breaks, up to three times, and *sql.Conn does not.
type Pool interface {
	Conn(ctx context.Context) (*sql.Conn, error)
}

// Table is a table or view to check.
type Table struct {
	Schema  string   // as Oracle's dictionary has it
	Name    string   // as Oracle's dictionary has it
	Exclude []string // columns that are not loaded; the check ignores them
	Filters []Filter // which rows are loaded; empty for all
	// LOBMaxKB is the LOB limit of the file, in KB. A longer LOB fails the task. It is 0 if each run measures the limit.
	LOBMaxKB int
	// Parallel says that the check plans how the full load of the table is split.
	Parallel bool
	// RangeColumns and Partitions are the columns and the partitions by which the file splits the load; empty if it does not.
	RangeColumns, Partitions []string
	View                     bool // the file lists it as a view
}

// String returns SCHEMA.TABLE, the table's name in records and in DMS statistics.
func (t Table) String() string { return t.Schema + "." + t.Name }

// sql returns the table's name for a statement, in quotes: Oracle reads a quoted name literally.
func (t Table) sql() string { return quote(t.Schema) + "." + quote(t.Name) }

// quote returns an identifier in quotes. It removes double quotes from the name: an Oracle identifier cannot contain them.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, "") + `"` }

// The ways in which DMS can read the redo log.
const (
	LogMiner     = "logminer"
	BinaryReader = "binary-reader"
)

// RedoLog is what the endpoint says of the redo log.
type RedoLog struct {
	ASM bool // Binary Reader has access to Automatic Storage Management
	TDE bool // Binary Reader has the key of encrypted redo logs
	// Destinations are the destinations whose archived logs DMS reads; empty if the endpoint leaves it to DMS.
	Destinations []int
}

// Needs is what a job needs from the database, and the limits of the check.
type Needs struct {
	FullLoad bool
	CDC      bool
	Counts   bool   // rows are counted after the load, as of the SCN before it
	Capture  string // how CDC reads the redo log: LogMiner or BinaryReader
	// FractionDigits is how many digits of the fraction of a second the files of the lake have; 0 if it is not known.
	FractionDigits int
	// AddedColumns are the columns that the files of the lake have besides those of the table.
	AddedColumns []string
	NestedTables bool // the endpoint has allowSelectNestedTables: DMS loads nested tables
	RedoLog      RedoLog
	// RedoDeadlineHours is for how many hours a task that follows changes should be able to stand still.
	RedoDeadlineHours int
	// NumberScale is the scale that the endpoint gives to NUMBER without precision and scale: 0 to 38, -1 for floating point, -2
	// for text. nil is DMS's default, 10.
	NumberScale *int
	Planning    Planning
	// QueryTime is the time limit of each query; the default is 60 seconds. A query that takes longer becomes a finding.
	QueryTime time.Duration
	// Explain explains why a driver cannot connect, and returns a fix. If Explain is nil or does not know the error, the
	// check explains Oracle's error code.
	Explain func(error) (text, fix string, known bool)
}

func (n Needs) queryTime() time.Duration {
	if n.QueryTime > 0 {
		return n.QueryTime
	}
	return time.Minute
}
