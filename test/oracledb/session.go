package oracledb

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"modernc.org/sqlite"
)

// Open returns a handle of sessions with the database that is registered under o, for programs that query Oracle in
// SQL. Like an Oracle driver, it connects on first use, and then fails as Connect does.
//
// A session answers what a program asks before a migration: queries of the dictionary (see dictionary.go for its
// views), of V$DATABASE and of the tables themselves, in as much of Oracle's SQL as spelling.go translates; and the
// statements of supplemental.go. Every other statement fails with an error that says so.
//
// Same as in Oracle: the names of tables, columns, types and keys; the counts and the keys of rows; the system change
// number; the codes of errors. Different: there is one user, who may read everything; statistics always exist, and are
// right when they are first read; a segment has the size of its pages in SQLite; an empty text is not NULL; and the
// undo of a table is kept until the table changes.
func (r *Registry) Open(o Oracle) *sql.DB { return sql.OpenDB(&connector{registry: r, oracle: o}) }

// connector opens sessions of one database.
type connector struct {
	registry *Registry
	oracle   Oracle
}

// Driver is SQLite's driver without Oracle's functions: connections come only from Connect.
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
	opened, err := spoken.Open("file::memory:?_dqs=0") // a name in quotes is never text
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

// asked lists the methods of a driver connection that a session calls.
type asked interface {
	conn
	driver.QueryerContext
}

// session is a connection that takes Oracle's SQL.
type session struct {
	asked
	database *Database
}

// asOf matches a table at an earlier SCN. A statement has at most one.
var asOf = regexp.MustCompile(`"([^"]+)"\."([^"]+)" AS OF SCN (\d+)`)

// versions matches the statement that counts the changes of a table since an SCN, the only version query that is supported.
var versions = regexp.MustCompile(`^SELECT (?:/\*[^*]*\*/ )?COUNT\(\*\) FROM "([^"]+)"\."([^"]+)" VERSIONS BETWEEN SCN (\d+) AND MAXVALUE ` +
	`WHERE VERSIONS_OPERATION IS NOT NULL$`)

// QueryContext runs a SELECT.
func (s *session) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	verb, _, _ := strings.Cut(strings.TrimLeft(query, "( \n"), " ")
	if !strings.EqualFold(verb, "SELECT") && !strings.EqualFold(verb, "WITH") {
		return nil, notHere(query)
	}
	if asked := versions.FindStringSubmatch(query); asked != nil {
		table := Table{asked[1], asked[2]}
		if view, err := s.database.isView(ctx, table); err != nil || view {
			return nil, cmp.Or(err, errNoVersions)
		}
		n, err := s.database.versionsSince(ctx, table, asked[3])
		return &keptRows{columns: []string{"COUNT(*)"}, rows: [][]driver.Value{{n}}}, err
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
	// The rows are those at that SCN only if the table does not change until they are all read.
	kept, err := keep(found)
	if err == nil {
		err = s.database.unchanged(ctx, Table{past[1], past[2]}, past[3])
	}
	return kept, err
}

// ExecContext runs one of the statements of supplemental.go.
func (s *session) ExecContext(ctx context.Context, statement string, _ []driver.NamedValue) (driver.Result, error) {
	return driver.ResultNoRows, s.database.Alter(ctx, statement)
}

// errNoVersions is the error for the versions of a view's rows: a view has none (Oracle Database SQL Language Reference, SELECT).
var errNoVersions = errors.New("ORA-30051: VERSIONS clause not allowed here")

// notHere is the error for a statement that the stand-in does not have.
func notHere(statement string) error {
	return fmt.Errorf("ORA-00900: invalid SQL statement: this stand-in for Oracle does not support it: %.60s", statement)
}

// unchanged fails if a table has changed since an SCN, as Oracle does when it lacks the undo.
func (d *Database) unchanged(ctx context.Context, t Table, scn string) error {
	n, err := d.versionsSince(ctx, t, scn)
	if err == nil && n > 0 {
		return errors.New("ORA-01555: snapshot too old")
	}
	return err
}

// versionsSince counts the changes of a table since an SCN. It fails if its definition changed, and without the log.
func (d *Database) versionsSince(ctx context.Context, t Table, number string) (n int64, err error) {
	now, err := d.SCN(ctx)
	if err != nil {
		return 0, err
	}
	scn, err := strconv.ParseInt(number, 10, 64)
	if err != nil || scn < firstSCN || scn > now {
		return 0, errors.New("ORA-08181: specified number is not a valid system change number")
	}
	const every = 1 << 30
	changes, err := d.Changes(ctx, scn, every)
	if errors.Is(err, ErrNoLog) {
		return 0, errors.New("ORA-01555: snapshot too old")
	}
	if err != nil {
		return 0, err
	}
	view, err := d.isView(ctx, t)
	if err != nil {
		return 0, err
	}
	for _, c := range changes {
		// Which tables a view reads is not known here: a change of any table of its schema counts.
		switch {
		case c.Table != t && !(view && c.Table.Schema == t.Schema):
		case c.Op == Alter || c.Op == Define || c.Op == Drop:
			return 0, errors.New("ORA-01466: unable to read data - table definition has changed")
		default:
			n++
		}
	}
	return n, nil
}

func (d *Database) isView(ctx context.Context, t Table) (bool, error) {
	views, err := d.Views(ctx)
	return slices.Contains(views, t), err
}

// oracleRows converts the errors of rows to Oracle's.
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
