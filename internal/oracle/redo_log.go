package oracle

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// redoLog is how a database keeps its redo log.
type redoLog struct {
	archived map[int64]float64 // the age of the oldest archived log of each destination, in hours
	lost     bool              // archived is not known
	// threads is the number of redo threads, which is more than 1 for RAC. asm and encrypted are the numbers of online logs in
	// Automatic Storage Management and of encrypted tablespaces and columns.
	threads, asm, encrypted int64
}

// redoBranch is a branch of queryRedoLog. Each has the columns kind, n and hours.
type redoBranch struct {
	query
	kind string
}

// redoBranches are the parts of queryRedoLog. Archived logs at a standby are ignored: they are on another machine, and Oracle
// never marks them as deleted.
var redoBranches = []redoBranch{
	{kind: "archived", query: query{
		name: "archived logs", text: `SELECT 'archived' AS kind, dest_id AS n, (SYSDATE - MIN(first_time)) * 24 AS hours
  FROM v$archived_log WHERE deleted = 'NO' AND status = 'A' AND standby_dest = 'NO' GROUP BY dest_id`,
		objects: []string{"V_$ARCHIVED_LOG"}, loses: "how long archived redo logs are kept",
	}},
	{kind: "threads", query: query{
		name: "redo threads", text: `SELECT 'threads', COUNT(*), 0 FROM v$thread WHERE enabled <> 'DISABLED'`,
		objects: []string{"V_$THREAD"}, loses: "whether the database is a cluster (RAC)",
	}},
	{kind: "asm", query: query{
		name: "online logs", text: `SELECT 'asm', COUNT(*), 0 FROM v$logfile WHERE member LIKE '+%'`,
		objects: []string{"V_$LOGFILE"}, loses: "whether the redo log is in Automatic Storage Management",
	}},
	{kind: "encrypted", query: query{
		name: "encrypted tablespaces", text: `SELECT 'encrypted', COUNT(*), 0 FROM dba_tablespaces WHERE encrypted = 'YES'`,
		objects: []string{"DBA_TABLESPACES"}, loses: "whether tablespaces are encrypted",
	}},
	{kind: "encrypted", query: query{
		name: "encrypted columns", text: `SELECT 'encrypted', COUNT(*), 0 FROM all_encrypted_columns`,
		objects: []string{"ALL_ENCRYPTED_COLUMNS"}, loses: "whether columns are encrypted",
	}},
}

func (c *checker) readRedoLog(ctx context.Context) {
	l := &c.known.redo
	l.archived = map[int64]float64{}
	branches := make([]string, len(redoBranches))
	for i, b := range redoBranches {
		branches[i] = b.text
	}
	found := map[string]int64{} // union may read a branch twice, so counts are set and not added
	refused, err := c.union(ctx, branches, func(r *sql.Rows) error {
		var kind text
		var n whole
		var hours sql.NullFloat64
		err := r.Scan(&kind, &n, &hours)
		if kind.String == "archived" {
			if hours.Valid {
				l.archived[n.Int64] = hours.Float64
			}
			return err
		}
		found[kind.String] = max(found[kind.String], n.Int64)
		return err
	})
	if err != nil {
		l.lost = true
		c.unknown(failure{queryRedoLog, err})
		return
	}
	for i, b := range redoBranches {
		if refused[i] != nil {
			l.lost = l.lost || b.kind == "archived"
			c.unknown(failure{b.query, refused[i]})
		}
	}
	l.threads, l.asm, l.encrypted = found["threads"], found["asm"], found["encrypted"]
}

// checkRedoLog checks whether DMS can read the redo log where the database keeps it, and for how long.
func (c *checker) checkRedoLog() {
	if c.needs.Capture == BinaryReader {
		c.checkASM()
		c.checkEncryption()
	}
	// Without archived logs, another finding already says why.
	if !c.known.redo.lost && (!c.known.read || c.known.logMode == "ARCHIVELOG") {
		c.checkArchive()
	}
}

func (c *checker) checkASM() {
	if c.known.redo.asm > 0 && !c.needs.RedoLog.ASM {
		c.report.add(Finding{
			Assessment: "oralake-asm", Severity: Failed, Fix: "source: {oracle: {asm: {secretName: NAME}}}",
			Text: "the redo log is in Automatic Storage Management, and Binary Reader has no access to it; the secret has asm_user, " +
				"asm_password and asm_server",
		})
	}
}

func (c *checker) checkEncryption() {
	f := Finding{Assessment: "oracle-check-tde-enabled", Severity: Failed}
	switch {
	case c.known.redo.encrypted == 0:
		return
	case c.fixes.rds:
		f.Text = "tablespaces or columns are encrypted (TDE), and Binary Reader cannot read their changes on Amazon RDS"
		f.Fix = "source: {capture: logminer}"
	case !c.needs.RedoLog.TDE:
		f.Text = "tablespaces or columns are encrypted (TDE), and Binary Reader has no key to read their changes; the secret has the " +
			"key's value as key"
		f.Fix = "source: {oracle: {tde: {keyName: NAME, secretName: NAME}}}"
	default:
		return
	}
	c.report.add(f)
}

// retentionHours is how long archived redo logs must be kept for DMS, in hours.
const retentionHours = 24

// checkArchive checks the age of the oldest archived redo log of the destination that DMS reads: the one of the endpoint's
// settings, or else destination 1.
func (c *checker) checkArchive() {
	archived := c.known.redo.archived
	wanted, named := int64(1), len(c.needs.RedoLog.Destinations) > 0
	if named {
		wanted = int64(c.needs.RedoLog.Destinations[0])
	}
	f := Finding{Assessment: "oracle-check-archivelog-retention-rds", Severity: Warning, Fix: c.fixes.retention()}
	hours, kept := archived[wanted]
	others := slices.Sorted(maps.Keys(archived))
	switch {
	case len(archived) == 0:
		f.Text = "there is no archived redo log: the logs are deleted immediately, or none was written yet"
	case !kept:
		f.Assessment, f.Fix = "oralake-archived-log-destination", fmt.Sprintf("source: {oracle: {archivedLogDestId: %d}}", longest(archived))
		f.Text = fmt.Sprintf("the archived redo logs are in destination %s, and DMS reads destination %d", numbers(others), wanted)
		if named {
			f.Severity = Failed
		}
	case hours < retentionHours:
		f.Text = fmt.Sprintf("the oldest archived redo log of destination %d is %.1f hours old, and DMS needs %d: a task that is stopped for "+
			"longer cannot continue; ignore this if the database started to archive less than a day ago", wanted, hours, retentionHours)
		if other := longest(archived); archived[other] >= retentionHours {
			f.Fix = fmt.Sprintf("source: {oracle: {archivedLogDestId: %d}}", other)
			f.Text += fmt.Sprintf("; destination %d keeps them for longer", other)
		}
	default:
		return
	}
	c.report.add(f)
}

// longest returns the destination with the oldest log.
func longest(archived map[int64]float64) int64 {
	return slices.MaxFunc(slices.Sorted(maps.Keys(archived)), func(a, b int64) int {
		return cmp.Compare(archived[a], archived[b])
	})
}

func numbers(all []int64) string {
	texts := make([]string, len(all))
	for i, n := range all {
		texts[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(texts, " and ")
}
