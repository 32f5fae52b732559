// Package oracletest stands in for an Oracle database in tests. It is SQLite with tables like Oracle's views, which package
// oracledictionary describes, and really runs the statements of package oracle. It translates Oracle's SQL where SQLite's differs.
package oracletest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/test/oracledictionary"
)

// Database is an in-memory database for one test.
type Database struct {
	*sql.DB
	connector *connector
}

// Open makes a database from SQL scripts, which fill the views of Oracle's dictionary. schemas are the schemas in which a script
// makes the job's tables.
func Open(t testing.TB, schemas []string, scripts ...Script) *Database {
	t.Helper()
	c := &connector{dir: t.TempDir(), schemas: schemas}
	db := sql.OpenDB(c)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &Database{DB: db, connector: c}
	for _, v := range oracledictionary.Views {
		if _, err := db.ExecContext(t.Context(), v.Create("TABLE")); err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
	}
	for _, script := range scripts {
		if err := d.load(t.Context(), script); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// Run runs an SQL script that changes the database.
func (d *Database) Run(t testing.TB, text string) {
	t.Helper()
	if err := d.load(t.Context(), Script{text: text}); err != nil {
		t.Fatal(err)
	}
}

// FailWith makes every statement that contains text fail with err.
func (d *Database) FailWith(text string, err error) {
	d.connector.mu.Lock()
	defer d.connector.mu.Unlock()
	d.connector.faults = append(d.connector.faults, fault{text, err})
}

// BreakAfter makes every statement that contains text fail after some rows, like a lost connection.
func (d *Database) BreakAfter(text string, rows int) { d.FailWith(text, brokenAfter(rows)) }

type brokenAfter int

func (brokenAfter) Error() string { return "ORA-03113: end-of-file on communication channel" }

// brokenRows end with an error after some rows.
type brokenRows struct {
	driver.Rows
	left brokenAfter
}

func (r *brokenRows) Next(row []driver.Value) error {
	if r.left == 0 {
		return r.left
	}
	r.left--
	return r.Rows.Next(row)
}

// Connector opens connections to this database.
func (d *Database) Connector() driver.Connector { return d.connector }

// Stall makes every statement that contains text wait until its context ends.
func (d *Database) Stall(text string) { d.FailWith(text, errStall) }

// Answer answers a statement with the rows of another.
func (d *Database) Answer(statement, other string) {
	d.connector.mu.Lock()
	defer d.connector.mu.Unlock()
	d.connector.past = append(d.connector.past, statement, other)
}

// Past gives a table other content for flashback queries (AS OF SCN).
func (d *Database) Past(table, content string) {
	d.connector.mu.Lock()
	defer d.connector.mu.Unlock()
	d.connector.past = append(d.connector.past, table+" AS OF SCN 5000", content)
}

var errStall = fmt.Errorf("stall")

type fault struct {
	text string
	err  error
}

// Statements returns the queries so far, in Oracle's SQL, without the comments with their names.
func (d *Database) Statements() []string {
	d.connector.mu.Lock()
	defer d.connector.mu.Unlock()
	return append([]string(nil), d.connector.statements...)
}

// Sent returns the names of the statements of package oracle so far.
func (d *Database) Sent() []string {
	d.connector.mu.Lock()
	defer d.connector.mu.Unlock()
	return append([]string(nil), d.connector.sent...)
}

type connector struct {
	dir     string
	schemas []string

	mu         sync.Mutex
	faults     []fault
	past       []string // old and new statements, or parts of them, for strings.NewReplacer
	statements []string
	sent       []string // the names of package oracle's statements
}

func (c *connector) Driver() driver.Driver { return spelling }

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	made, err := c.Driver().Open("file:" + filepath.Join(c.dir, "main") + "?_dqs=0&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)")
	if err != nil {
		return nil, err
	}
	one := &conn{made.(inner), c}
	for _, schema := range c.schemas {
		attach := fmt.Sprintf(`ATTACH DATABASE '%s' AS "%s"`, filepath.Join(c.dir, schema+".db"), schema)
		if _, err := one.ExecContext(ctx, attach, nil); err != nil {
			return nil, err
		}
	}
	return one, nil
}

type inner interface {
	driver.Conn
	driver.ExecerContext
	driver.QueryerContext
}

// conn is a connection that accepts Oracle's SQL.
type conn struct {
	inner
	of *connector
}

var (
	asOf     = regexp.MustCompile(` AS OF SCN \d+`)
	version  = regexp.MustCompile(` VERSIONS BETWEEN SCN \d+ AND MAXVALUE WHERE VERSIONS_OPERATION IS NOT NULL`)
	sysTable = regexp.MustCompile(`\bsys\.(\w+)\$`)
	sample   = regexp.MustCompile(` SAMPLE BLOCK \([0-9.]+\)`)
	rownum   = regexp.MustCompile(` WHERE ROWNUM <= (\d+)\)`)
	session  = regexp.MustCompile(`SYS_CONTEXT\('USERENV', '(\w+)'\)`)
)

func spell(query string) string {
	query = asOf.ReplaceAllString(query, "")
	query = version.ReplaceAllString(query, " WHERE 1 = 0") // no row changes
	query = sample.ReplaceAllString(query, "")
	query = rownum.ReplaceAllString(query, " LIMIT $1)")
	query = session.ReplaceAllString(query, "(SELECT value FROM userenv WHERE name = '$1')")
	query = oracledictionary.Spell(sysTable.ReplaceAllString(query, "sys_$1$$"))
	return strings.ReplaceAll(query, "SYSDATE", "JULIANDAY('now')")
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	name, query := oracle.TagOf(query)
	c.of.mu.Lock()
	c.of.statements = append(c.of.statements, query)
	if name != "" {
		c.of.sent = append(c.of.sent, name)
	}
	var failed error
	for _, f := range c.of.faults {
		if strings.Contains(query, f.text) {
			failed = f.err
		}
	}
	past := strings.NewReplacer(c.of.past...)
	c.of.mu.Unlock()
	if failed == errStall {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	var broken brokenAfter
	if failed != nil && !errors.As(failed, &broken) {
		return nil, failed
	}
	rows, err := c.inner.QueryContext(ctx, spell(past.Replace(query)), args)
	if err != nil && strings.Contains(err.Error(), "no such table") {
		return nil, fmt.Errorf("ORA-00942: table or view does not exist (%w)", err)
	}
	if err != nil && strings.Contains(err.Error(), "no such column") {
		return nil, fmt.Errorf("ORA-00904: invalid identifier (%w): views.txt of package oracledictionary has the columns", err)
	}
	if failed == nil || err != nil {
		return rows, err
	}
	return &brokenRows{rows, broken}, nil
}
