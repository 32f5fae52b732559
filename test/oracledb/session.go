package oracledb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"modernc.org/sqlite"
)

// Open prepares a session with the database that answers as o, for programs that ask Oracle in SQL. Like a driver of
// Oracle it connects with the first use, and fails as Connect does.
//
// The session answers what a program asks before a migration: queries of the dictionary (see dictionary.go for its
// views), of V$DATABASE and of the tables themselves, in Oracle's spelling as far as spelling.go takes it; and the
// statements of supplemental.go. What is not known here ends with an error that says so: it is never passed over.
//
// What is the same as with Oracle: the names of tables, columns, types and keys, the counts and the keys of rows, the
// system change number, and the codes of errors. What is not: there is one user, who may read everything; statistics
// are always there, and right when they are first asked for; a segment is as large as its pages are in SQLite; an empty
// text is not NULL; and the undo of a table is kept for as long as it does not change.
func (r *Registry) Open(o Oracle) *sql.DB { return sql.OpenDB(&connector{registry: r, oracle: o}) }

// connector logs in.
type connector struct {
	registry *Registry
	oracle   Oracle
}

// Driver is SQLite's without Oracle's functions: connections come from Connect only.
func (c *connector) Driver() driver.Driver { return &sqlite.Driver{} }

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	d, err := c.registry.Connect(ctx, c.oracle)
	if err != nil {
		return nil, err
	}
	spoken := &sqlite.Driver{}
	for name, f := range functions(d, c.oracle) {
		if err := spoken.RegisterFunction(name, f); err != nil {
			return nil, fmt.Errorf("begin an Oracle session: function %s: %w", name, err)
		}
	}
	opened, err := spoken.Open("file::memory:")
	if err != nil {
		return nil, fmt.Errorf("begin an Oracle session: %w", err)
	}
	s := &session{asked: opened.(asked), database: d}
	err = execute(s.asked, d.attach("ro")...)
	if err == nil {
		err = s.describe(ctx, c.oracle.Username)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("begin an Oracle session: %w", err), opened.Close())
	}
	return s, nil
}

// asked is what a session uses of a driver connection.
type asked interface {
	conn
	driver.QueryerContext
}

// session is a connection that takes Oracle's SQL.
type session struct {
	asked
	database *Database
}

// asOf is a table as it was; a statement has at most one.
var asOf = regexp.MustCompile(`"([^"]+)"\."([^"]+)" AS OF SCN (\d+)`)

// QueryContext runs a SELECT.
func (s *session) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	verb, _, _ := strings.Cut(strings.TrimLeft(query, "( \n"), " ")
	if !strings.EqualFold(verb, "SELECT") && !strings.EqualFold(verb, "WITH") {
		return nil, notHere(query)
	}
	past := asOf.FindStringSubmatch(query)
	if past != nil {
		query = strings.Replace(query, past[0], strings.TrimSuffix(past[0], " AS OF SCN "+past[3]), 1)
	}
	rows, err := s.asked.QueryContext(ctx, spell(query), args)
	if err != nil {
		return nil, oracleError(err)
	}
	found := oracleRows{rows}
	if past == nil {
		return found, nil
	}
	// What was read is what was there then only if nothing has changed until it was read.
	kept, err := keep(found)
	if err == nil {
		err = s.database.unchanged(ctx, Table{past[1], past[2]}, past[3])
	}
	return kept, err
}

// ExecContext runs one of the statements of supplemental.go.
func (s *session) ExecContext(ctx context.Context, statement string, _ []driver.NamedValue) (driver.Result, error) {
	return driver.ResultNoRows, s.database.alter(ctx, statement)
}

// notHere refuses a statement.
func notHere(statement string) error {
	return fmt.Errorf("ORA-00900: invalid SQL statement: this stand-in for Oracle does not have it: %.60s", statement)
}

// unchanged fails, as Oracle does without the undo for it, when a table has changed since an SCN.
func (d *Database) unchanged(ctx context.Context, t Table, number string) error {
	now, err := d.SCN(ctx)
	if err != nil {
		return err
	}
	scn, err := strconv.ParseInt(number, 10, 64)
	if err != nil || scn < firstSCN || scn > now {
		return errors.New("ORA-08181: specified number is not a valid system change number")
	}
	const every = 1 << 30
	changes, err := d.Changes(ctx, scn, every)
	if errors.Is(err, ErrNoLog) {
		return errors.New("ORA-01555: snapshot too old")
	}
	for _, c := range changes {
		if c.Table != t {
			continue
		}
		if c.Op == Alter || c.Op == Define || c.Op == Drop {
			return errors.New("ORA-01466: unable to read data - table definition has changed")
		}
		return errors.New("ORA-01555: snapshot too old")
	}
	return err
}

// oracleRows are rows whose errors are Oracle's.
type oracleRows struct{ driver.Rows }

func (r oracleRows) Next(row []driver.Value) error {
	err := r.Rows.Next(row)
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return oracleError(err)
}

// keptRows are rows in memory.
type keptRows struct {
	columns []string
	rows    [][]driver.Value
}

func keep(r driver.Rows) (*keptRows, error) {
	k := &keptRows{columns: r.Columns()}
	for {
		row := make([]driver.Value, len(k.columns))
		if err := r.Next(row); errors.Is(err, io.EOF) {
			return k, r.Close()
		} else if err != nil {
			return nil, errors.Join(err, r.Close())
		}
		k.rows = append(k.rows, row)
	}
}

func (k *keptRows) Columns() []string { return k.columns }

func (k *keptRows) Close() error { return nil }

func (k *keptRows) Next(row []driver.Value) error {
	if len(k.rows) == 0 {
		return io.EOF
	}
	copy(row, k.rows[0])
	k.rows = k.rows[1:]
	return nil
}
