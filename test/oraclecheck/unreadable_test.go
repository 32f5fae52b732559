package oraclecheck_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/oracle"
)

// One table that the user may not read costs the findings of that table, and one statement that takes too long costs the
// findings of that statement. All others are there.
func TestUnreadableTableAmongMany(t *testing.T) {
	db, tables := department(t, 200)
	db.Run(t, `DROP TABLE SALES.T00040; DELETE FROM all_tab_privs WHERE table_name = 'T00040'`)
	db.Stall("all_log_groups WHERE (")
	needs := following
	needs.QueryTime = 5 * time.Second // The others take longer than one second on a machine with much to do.
	report := oracle.Check(t.Context(), db, tables, needs)

	unreadable := func(f oracle.Finding) bool {
		return f.Table == "SALES.T00040" && f.Fix == `GRANT SELECT ON "SALES"."T00040" TO DMS;`
	}
	slow := func(f oracle.Finding) bool {
		return strings.Contains(f.Text, `the query "log groups" took longer than 5s`)
	}
	for name, is := range map[string]func(oracle.Finding) bool{"the unreadable table": unreadable, "the slow statement": slow} {
		if i := slices.IndexFunc(report.Findings, is); i < 0 || report.Findings[i].Severity != oracle.Failed {
			t.Errorf("no finding about %s that fails the job", name)
		}
	}
	if n := report.Count(oracle.Failed); n != 2 {
		t.Errorf("%d findings fail the job, want 2: %+v", n, report.Findings[:min(n, 5)])
	}
	ranges := 0
	for _, p := range report.Parallel {
		if p.Type == oracle.Ranges {
			ranges++
		}
	}
	if len(report.LOBs) != 19 || ranges != 9 || len(report.Parallel) != 199 {
		t.Errorf("%d tables with LOBs, %d plans, %d of them ranges; want 19, 199, 9: all but the unreadable one",
			len(report.LOBs), len(report.Parallel), ranges)
	}
}

// The check says which of the views the user may not read, also if there are several.
func TestSeveralUnreadableViews(t *testing.T) {
	db := ready(t)
	db.Run(t, `DROP TABLE v$parameter; DROP TABLE v$log; DROP TABLE dba_registry`)
	var got []string
	for _, f := range oracle.Check(t.Context(), db, []oracle.Table{orders}, following).Findings {
		got = append(got, f.Fix)
	}
	want := []string{
		"GRANT SELECT ON SYS.V_$PARAMETER TO DMS;", "GRANT SELECT ON SYS.V_$LOG TO DMS;", "GRANT SELECT ON SYS.DBA_REGISTRY TO DMS;",
	}
	if !slices.Equal(got, want) {
		t.Errorf("fixes %q, want %q", got, want)
	}
}

// A user who may read every table, and one who owns the tables, needs no grant for a table.
func TestTablesWithoutGrants(t *testing.T) {
	for name, change := range map[string]string{
		"SELECT ANY TABLE": `INSERT INTO session_privs (privilege) VALUES ('SELECT ANY TABLE')`,
		"READ ANY TABLE":   `INSERT INTO session_privs (privilege) VALUES ('READ ANY TABLE')`,
		"owner":            `UPDATE userenv SET value = 'SALES' WHERE name = 'SESSION_USER'`,
		"a grant that ALL_TAB_PRIVS does not show": ``,
	} {
		db := ready(t)
		db.Run(t, `DELETE FROM all_tab_privs WHERE table_schema = 'SALES'; `+change)
		if got := oracle.Check(t.Context(), db, []oracle.Table{orders}, following).Findings; len(got) > 0 {
			t.Errorf("%s: findings %+v, want none", name, got)
		}
	}
}

// A job whose rows are counted needs FLASHBACK on its tables, or a privilege for all of them.
func TestCountsNeedFlashback(t *testing.T) {
	needs := oracle.Needs{FullLoad: true, Counts: true}
	db := ready(t)
	got := oracle.Check(t.Context(), db, []oracle.Table{orders}, needs).Findings
	if len(got) != 1 || got[0].Severity != oracle.Warning || got[0].Fix != `GRANT FLASHBACK ON "SALES"."ORDERS" TO DMS;` {
		t.Errorf("findings %+v, want one, with the grant", got)
	}
	for _, grant := range []string{
		`INSERT INTO all_tab_privs (grantee, table_schema, table_name, privilege) VALUES ('DMS', 'SALES', 'ORDERS', 'FLASHBACK')`,
		`INSERT INTO session_privs (privilege) VALUES ('FLASHBACK ANY TABLE')`,
		`UPDATE userenv SET value = 'SALES' WHERE name = 'SESSION_USER'`,
	} {
		db := ready(t)
		db.Run(t, grant)
		if got := oracle.Check(t.Context(), db, []oracle.Table{orders}, needs).Findings; len(got) > 0 {
			t.Errorf("%s: findings %+v, want none", grant, got)
		}
	}
}

// slowDriver is a driver that takes no context for its fetches, as go-ora: a fetch waits until the test ends. Its connections
// break when broken is set.
type slowDriver struct {
	t      *testing.T
	broken bool
	asked  chan string
}

func (d slowDriver) Connect(context.Context) (driver.Conn, error) { return slowConn{d}, nil }
func (d slowDriver) Driver() driver.Driver                        { return nil }

type slowConn struct{ slowDriver }

func (slowConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not used") }
func (slowConn) Close() error                        { return nil }
func (slowConn) Begin() (driver.Tx, error)           { return nil, errors.New("not used") }

func (c slowConn) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	c.asked <- query
	if c.broken {
		return nil, driver.ErrBadConn
	}
	return slowRows{c.t.Context()}, nil
}

type slowRows struct{ ended context.Context }

func (slowRows) Columns() []string { return []string{"kind", "name"} }
func (slowRows) Close() error      { return nil }

func (r slowRows) Next([]driver.Value) error {
	<-r.ended.Done()
	return io.EOF
}

// A fetch that hangs ends at the limit of its statement, whether the driver takes a context for it or not.
func TestFetchThatHangs(t *testing.T) {
	db := sql.OpenDB(slowDriver{t: t, asked: make(chan string, 10)})
	needs := oracle.Needs{FullLoad: true, QueryTime: 50 * time.Millisecond}
	got := oracle.Check(t.Context(), db, []oracle.Table{orders}, needs).Findings
	if len(got) != 1 || !strings.Contains(got[0].Text, "does not answer in time") {
		t.Errorf("findings %+v, want that the database does not answer in time", got)
	}
}

// A statement whose connection breaks is not sent again: it may be a heavy one.
func TestBrokenConnectionIsNotRepeated(t *testing.T) {
	asked := make(chan string, 10)
	db := sql.OpenDB(slowDriver{t: t, broken: true, asked: asked})
	got := oracle.Verify(t.Context(), db, []oracle.LoadedTable{{Table: orders, Loaded: 1}}, 0, oracle.Needs{})
	if len(asked) != 1 || got[0].Status != oracle.Inconclusive {
		t.Errorf("%d statements, %+v; want one, and a count that is inconclusive", len(asked), got)
	}
	if want := fmt.Sprint(driver.ErrBadConn); !strings.Contains(got[0].Why, want) {
		t.Errorf("why %q, want %q", got[0].Why, want)
	}
}
