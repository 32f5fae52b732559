package oracle

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Check reports whether a database is ready for a job, and plans how to read the job's tables. It has no error: if a
// statement fails, a finding says so. It runs at most 17 statements, for any number of tables: see catalogue. needs.QueryTime
// limits the time of each statement.
func Check(ctx context.Context, db Pool, tables []Table, needs Needs) Report {
	c := newChecker(db, tables, needs)
	c.run(ctx)
	return c.complete()
}

func newChecker(db Pool, tables []Table, needs Needs) *checker {
	return &checker{
		session: &session{db: db, limit: needs.queryTime(), explain: needs.Explain}, needs: needs, tables: tables, started: time.Now(),
		report: Report{Findings: []Finding{}}, lost: map[string]bool{}, denied: map[string]bool{},
	}
}

// complete returns the report, in its order.
func (c *checker) complete() Report {
	for i, f := range c.report.Findings {
		c.report.Findings[i].Fix = c.fixes.place(f.Fix)
	}
	c.report.Queries, c.report.Seconds = c.queries, time.Since(c.started).Seconds()
	c.report.sort()
	return c.report
}

// checker is the state of one check.
type checker struct {
	*session
	needs   Needs
	started time.Time
	tables  []Table
	report  Report
	fixes   fixes
	known   database
	granted granted
	lost    map[string]bool // names of failed statements; the check draws no conclusion from missing results
	denied  map[string]bool // objects of which a finding says that the user may not read them
}

func (c *checker) run(ctx context.Context) {
	if err := c.connect(ctx); err != nil {
		c.report.add(c.connectionFinding(err))
		return
	}
	c.inspect(ctx)
}

// inspect checks the database and the tables after connect, and returns what the dictionary says about them.
func (c *checker) inspect(ctx context.Context) dictionary {
	c.readDatabase(ctx)
	c.checkRelease()
	c.checkDatabase(ctx)
	c.checkLimits()
	c.checkPrivileges()
	c.checkNames()
	found := dictionary{}
	if len(c.tables) > 0 {
		var failures []failure
		found, failures = c.dictionary(ctx, c.tables, c.planning())
		for _, f := range failures {
			c.unknown(f)
		}
		c.readPartitions(ctx, found)
	}
	c.probe(ctx, found)
	if c.lost[queryTables.name] {
		return found
	}
	for _, t := range c.tables {
		c.checkTable(t, found[t.key()])
	}
	c.checkSplits(found)
	c.measureLOBs(ctx, found)
	c.plan(ctx, found)
	return found
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
		c.denied[f.query.objects[0]] = true
		finding.Fix = c.fixes.grantObject("SELECT", f.query.objects[0])
		finding.Text = fmt.Sprintf("user %s may not read %s (%s): not known: %s",
			c.fixes.name(), f.query.objects[0], firstLine(f.err), f.query.loses)
	case errors.Is(f.err, errSlow):
		finding.Text = fmt.Sprintf("not known: %s: the query %q took longer than %s and was stopped",
			f.query.loses, f.query.name, c.limit)
	case errors.Is(f.err, context.DeadlineExceeded):
		finding.Text = fmt.Sprintf("not known: %s: there was no time left for the query %q", f.query.loses, f.query.name)
	}
	switch f.query.name {
	case querySegments.name:
		finding.Severity = Note // table statistics replace the segments
	case queryTransactions.name:
		if c.needs.FullLoad {
			finding.Severity = Note // before a full load DMS itself waits for the transactions
		}
	case queryLOBSizes.name, queryTiles.name:
	case schemaAccounts:
		finding.Severity = Note // the guide wants that grant only for its own assessments
	default:
		if c.needs.CDC {
			finding.Severity = Failed // a job that follows changes may lose some for a reason that the check would have found
		}
	}
	c.report.add(finding)
}
