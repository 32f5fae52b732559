package oracle

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// database is what V$DATABASE and the session say.
type database struct {
	read      bool
	before12  bool // Oracle 11g: no containers, no LOGMINING privilege
	container string

	logMode, minimal, keys, all, cdb, open, role string
}

func (c *checker) readDatabase(ctx context.Context) {
	q := queryDatabase
	if c.known.before12 {
		q = queryDatabase11
	}
	var mode, minimal, keys, all, cdb, open, role text
	var scn whole
	err := c.rows(ctx, q.text, nil, func(r *sql.Rows) error {
		return r.Scan(&mode, &minimal, &keys, &all, &cdb, &open, &role, &scn)
	})
	if err != nil {
		c.unknown(failure{q, err})
		return
	}
	k := &c.known
	k.read = true
	k.logMode, k.minimal, k.keys, k.all = mode.String, minimal.String, keys.String, all.String
	k.cdb, k.open, k.role = cdb.String, open.String, role.String
	c.report.Database.SCN = scn.Int64
}

// checkDatabase looks at what concerns all tables.
func (c *checker) checkDatabase(ctx context.Context) {
	c.checkContainer()
	if !c.needs.CDC {
		return
	}
	c.checkStandby()
	if c.known.read && c.known.logMode != "ARCHIVELOG" {
		c.report.add(Finding{
			Assessment: "oracle-check-archivelog-mode", Severity: Failed,
			Text: fmt.Sprintf("the database is in %s mode: it overwrites the redo log, and changes are lost to DMS",
				c.known.logMode),
			Fix: c.fixes.archiveLog(),
		})
	}
	if c.known.read && c.known.minimal != "YES" && c.known.minimal != "IMPLICIT" {
		c.report.add(Finding{
			Assessment: "oracle-supplemental-db-level", Severity: Failed,
			Text: fmt.Sprintf("minimal supplemental logging is %s: the redo log does not say which rows changed",
				c.known.minimal),
			Fix: c.fixes.supplementalLogging(),
		})
	}
	c.checkRetention(ctx)
	c.readTransactions(ctx)
}

func (c *checker) checkContainer() {
	switch {
	case c.known.container == "CDB$ROOT":
		c.report.add(Finding{
			Assessment: "oracle-validate-cdb", Severity: Failed,
			Text: "this is the root of a container database, which DMS does not read",
			Fix:  "source: {database: NAME}, the service name of the pluggable database that has the tables",
		})
	case c.needs.CDC && c.known.cdb == "YES" && c.needs.Capture == LogMiner:
		c.report.add(Finding{
			Assessment: "oracle-check-pdb-enabled", Severity: Failed,
			Text: fmt.Sprintf("%s is a pluggable database, whose changes LogMiner does not give to DMS", c.known.container),
			Fix:  useBinaryReader,
		})
	}
}

func (c *checker) checkStandby() {
	if c.known.role == "" || c.known.role == "PRIMARY" {
		return
	}
	if c.needs.Capture != BinaryReader {
		c.report.add(Finding{
			Assessment: "oracle-check-standby-db", Severity: Failed,
			Text: fmt.Sprintf("the database is a %s: DMS follows its changes with Binary Reader only", c.known.role),
			Fix:  useBinaryReader,
		})
	}
	if c.known.role != "PHYSICAL STANDBY" || c.known.open != "READ ONLY WITH APPLY" {
		c.report.add(Finding{
			Assessment: "oracle-check-physical-standby-with-apply", Severity: Failed,
			Text: fmt.Sprintf("the database is a %s and open %s: DMS wants a physical standby that applies redo while open",
				c.known.role, c.known.open),
			Fix: "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DISCONNECT FROM SESSION;",
		})
	}
}

// wantedHours is how long DMS asks that archived logs are kept.
const wantedHours = 24

// checkRetention looks at how old the oldest archived log is. One destination that keeps them is enough.
func (c *checker) checkRetention(ctx context.Context) {
	if c.known.read && c.known.logMode != "ARCHIVELOG" {
		return // said already, and there are none
	}
	longest, found := 0.0, false
	err := c.rows(ctx, queryArchivedLogs.text, nil, func(r *sql.Rows) error {
		var destination whole
		var hours sql.NullFloat64
		err := r.Scan(&destination, &hours)
		longest, found = max(longest, hours.Float64), found || hours.Valid
		return err
	})
	f := Finding{Assessment: "oracle-check-archivelog-retention-rds", Severity: Warning, Fix: c.fixes.retention()}
	const comes = "a task that stands still for longer cannot go on, unless the database has not been archiving for a day yet"
	switch {
	case err != nil:
		c.unknown(failure{queryArchivedLogs, err})
		return
	case !found:
		f.Text = "there is no archived redo log: they are deleted at once, or none was written yet"
	case longest < wantedHours:
		f.Text = fmt.Sprintf("the oldest archived redo log is %.1f hours old, and %d are wanted: %s", longest, wantedHours, comes)
	default:
		return
	}
	c.report.add(f)
}

// readTransactions finds where CDC must begin.
func (c *checker) readTransactions(ctx context.Context) {
	var oldest whole
	err := c.rows(ctx, queryTransactions.text, nil, func(r *sql.Rows) error { return r.Scan(&oldest) })
	if err != nil {
		c.unknown(failure{queryTransactions, err})
		return
	}
	start := c.report.Database.SCN
	// A transaction has no SCN, or 0, while it only reads.
	if oldest.Int64 > 0 && oldest.Int64 < start {
		start = oldest.Int64
	}
	c.report.Database.StartSCN = start
}

// major is the release of the database, such as 19; 0 if it is not known.
func (c *checker) major() int {
	first, _, _ := strings.Cut(c.report.Database.Version, ".")
	n, _ := strconv.Atoi(first) // what is no number is not known
	return n
}
