package oracle

import (
	"context"
	"database/sql"
	"fmt"
)

// database holds the values of V$DATABASE and of the session.
type database struct {
	read      bool
	before12  bool // Oracle 11g: no containers, no LOGMINING privilege
	container string

	logMode, minimal, keys, all, cdb, open, role, forced string

	product     string   // such as Oracle Database 19c Enterprise Edition
	autonomous  bool     // an Autonomous Database
	application bool     // an application container
	compatible  int64    // the first number of COMPATIBLE; 0 if it is not known
	redirects   bool     // a standby sends changes to its primary (ADG_REDIRECT_DML)
	unlimited   bool     // RESOURCE_LIMIT is FALSE: the limits of profiles do not hold
	schemaOnly  []string // the schemas of the job that are schema-only accounts

	redo redoLog
}

// standby reports whether DMS reads a standby database.
func (d database) standby() bool { return d.role != "" && d.role != "PRIMARY" }

func (c *checker) readDatabase(ctx context.Context) {
	q := queryDatabase
	if c.known.before12 {
		q = queryDatabase11
	}
	var mode, minimal, keys, all, cdb, open, role, forced text
	var scn whole
	err := c.rows(ctx, q, nil, func(r *sql.Rows) error {
		return r.Scan(&mode, &minimal, &keys, &all, &cdb, &open, &role, &forced, &scn)
	})
	if err != nil {
		c.unknown(failure{q, err})
		return
	}
	k := &c.known
	k.read = true
	k.logMode, k.minimal, k.keys, k.all = mode.String, minimal.String, keys.String, all.String
	k.cdb, k.open, k.role, k.forced = cdb.String, open.String, role.String, forced.String
	c.report.Database.SCN = scn.Int64
	c.fixes.pluggable = k.cdb == "YES" && k.container != "CDB$ROOT"
	c.fixes.standby = k.standby()
}

// checkDatabase checks the settings of the database that apply to all tables.
func (c *checker) checkDatabase(ctx context.Context) {
	c.checkContainer()
	if !c.needs.CDC {
		return
	}
	c.checkStandby()
	if c.known.read && c.known.logMode != "ARCHIVELOG" {
		c.report.add(Finding{
			Assessment: "oracle-check-archivelog-mode", Severity: Failed,
			Text: fmt.Sprintf("the database is in %s mode: it overwrites the redo log, so DMS loses changes",
				c.known.logMode),
			Fix: c.fixes.archiveLog(),
		})
	}
	if c.known.read && !c.minimalLogging() {
		c.report.add(Finding{
			Assessment: "oracle-supplemental-db-level", Severity: Failed,
			Text: fmt.Sprintf("minimal supplemental logging is %s: the redo log does not say which rows changed",
				c.known.minimal),
			Fix: c.fixes.supplementalLogging(),
		})
	}
	c.readRedoLog(ctx)
	c.checkRedoLog()
	c.checkSettings()
	c.readTransactions(ctx)
}

func (c *checker) checkContainer() {
	switch {
	case c.known.container == "CDB$ROOT":
		c.report.add(Finding{
			Assessment: "oracle-validate-cdb", Severity: Failed,
			Text: "this is the root of a container database: DMS does not read it",
			Fix:  "source: {database: NAME}, the service name of the pluggable database that has the tables",
		})
	case c.needs.CDC && c.known.cdb == "YES" && c.needs.Capture == LogMiner:
		c.report.add(Finding{
			Assessment: "oracle-check-pdb-enabled", Severity: Failed,
			Text: fmt.Sprintf("%s is a pluggable database: DMS cannot follow its changes with LogMiner", c.known.container),
			Fix:  useBinaryReader,
		})
	}
}

func (c *checker) checkStandby() {
	if !c.known.standby() {
		return
	}
	if c.needs.Capture != BinaryReader {
		c.report.add(Finding{
			Assessment: "oracle-check-standby-db", Severity: Failed,
			Text: fmt.Sprintf("the database is a %s: DMS follows its changes only with Binary Reader", c.known.role),
			Fix:  useBinaryReader,
		})
	}
	if c.known.role != "PHYSICAL STANDBY" || c.known.open != "READ ONLY WITH APPLY" {
		c.report.add(Finding{
			Assessment: "oracle-check-physical-standby-with-apply", Severity: Failed,
			Text: fmt.Sprintf("the database is a %s and open %s: DMS needs a physical standby that applies redo while it is open",
				c.known.role, c.known.open),
			Fix: c.fixes.applyRedo(c.known.role),
		})
	}
}

// readTransactions finds the SCN at which CDC must start. Call it after the current SCN was read: a transaction that begins
// between the two has a higher SCN. The open transactions of a primary are not in the views of its standby: DMS itself reads them
// through a database link (CHAP_Source.Oracle, "Prerequisites for handling open transactions for Oracle Standby").
func (c *checker) readTransactions(ctx context.Context) {
	if c.known.standby() {
		if !c.needs.FullLoad {
			c.report.add(Finding{
				Assessment: "oralake-open-transactions", Severity: Warning,
				Text: fmt.Sprintf("the database is a %s, which does not show the open transactions of its primary: a cdc job with "+
					"startFrom: now starts source.openTransactionMinutes earlier, and misses transactions that are open for longer", c.known.role),
				Fix: openTransactions,
			})
		}
		return
	}
	var oldest whole
	var hours sql.NullFloat64
	err := c.rows(ctx, queryTransactions, nil, func(r *sql.Rows) error { return r.Scan(&oldest, &hours) })
	if err != nil {
		c.unknown(failure{queryTransactions, err})
		return
	}
	start := c.report.Database.SCN
	if oldest.Int64 > 0 && oldest.Int64 < start {
		start = oldest.Int64
	}
	c.report.Database.StartSCN = start
	c.checkRedoDeadline(max(hours.Float64, 0))
}
