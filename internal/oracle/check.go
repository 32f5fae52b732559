package oracle

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Check reports whether a database is ready for a job, and plans how to read the job's tables. It has no error: if a
// statement fails, a finding says so. It runs at most 15 statements, for any number of tables. needs.QueryTime limits the
// time of each statement.
func Check(ctx context.Context, db Queryer, tables []Table, needs Needs) Report {
	started := time.Now()
	s := &session{db: db, limit: needs.queryTime(), explain: needs.Explain}
	c := &checker{session: s, needs: needs, tables: tables, report: Report{Findings: []Finding{}}, lost: map[string]bool{}}
	c.run(ctx)
	c.report.Queries, c.report.Seconds = s.queries, time.Since(started).Seconds()
	c.report.sort()
	return c.report
}

// checker is the state of one check.
type checker struct {
	*session
	needs   Needs
	tables  []Table
	report  Report
	fixes   fixes
	known   database
	granted granted
	lost    map[string]bool // names of failed statements; the check draws no conclusion from missing results
}

func (c *checker) run(ctx context.Context) {
	if err := c.connect(ctx); err != nil {
		c.report.add(c.connectionFinding(err))
		return
	}
	c.readPrivileges(ctx)
	c.readDatabase(ctx)
	c.checkPrivileges(ctx)
	c.checkDatabase(ctx)
	c.checkNames()
	if len(c.tables) == 0 {
		return
	}
	found, failures := c.dictionary(ctx, c.tables, c.planning())
	for _, f := range failures {
		c.unknown(f)
	}
	if c.lost[queryTables.name] {
		return
	}
	for _, t := range c.tables {
		c.checkTable(t, found[t.key()])
	}
	c.measureLOBs(ctx, found)
	c.plan(ctx, found)
}

// planning reports whether a table needs a plan.
func (c *checker) planning() bool {
	for _, t := range c.tables {
		if t.Parallel {
			return true
		}
	}
	return false
}

// connect runs the first statement. The driver connects when it runs that statement.
func (c *checker) connect(ctx context.Context) error {
	var user, container, version text
	scan := func(r *sql.Rows) error { return r.Scan(&user, &container, &version) }
	err := c.rows(ctx, querySession.text, nil, scan)
	if codeOf(err) == badContext {
		c.known.before12 = true
		err = c.rows(ctx, querySession11.text, nil, scan)
	}
	if err != nil {
		return err
	}
	c.known.container = container.String
	c.fixes.user = user.String
	c.report.Database = Database{User: user.String, Container: container.String, Version: version.String}
	return nil
}

// unknown adds the finding that a statement failed.
func (c *checker) unknown(f failure) {
	c.lost[f.query.name] = true
	finding := Finding{
		Assessment: "oralake-not-checked", Severity: Warning,
		Text: fmt.Sprintf("not known: %s: %s", f.query.loses, firstLine(f.err)),
	}
	switch {
	case noAccess(f.err) && len(f.query.objects) > 0:
		finding.Assessment = permissions
		finding.Fix = c.fixes.grantObject("SELECT", f.query.objects[0])
		finding.Text = fmt.Sprintf("user %s may not read %s (%s): not known: %s",
			c.fixes.name(), f.query.objects[0], firstLine(f.err), f.query.loses)
	case errors.Is(f.err, errSlow):
		finding.Text = fmt.Sprintf("not known: %s: the query %q took longer than %s and was stopped",
			f.query.loses, f.query.name, c.limit)
	case errors.Is(f.err, context.DeadlineExceeded):
		finding.Text = fmt.Sprintf("not known: %s: there was no time left for the query %q", f.query.loses, f.query.name)
	}
	if f.query.name == querySegments.name || f.query.name == queryTransactions.name {
		finding.Severity = Note // table statistics replace the segments, and DMS does not need the transactions
	}
	c.report.add(finding)
}
