package oracle

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// redoLog is how a database keeps its redo log.
type redoLog struct {
	archived archivedLogs
	lost     bool // archived is not known
	short    bool // a finding says that archived logs are missing or go back too little
	// threads is the number of redo threads, which is more than 1 for RAC. asm and raw are the numbers of online logs in Automatic
	// Storage Management and on raw devices. encrypted and encryptedColumns are the numbers of encrypted tablespaces and columns.
	threads, asm, raw, encrypted, encryptedColumns int64
}

// redoBranch is a branch of queryRedoLog or of ReadArchivedRedo. Each has the columns kind, n, hours, thread and gone.
type redoBranch struct {
	query
	kind string
}

// redoBranches are the parts of queryRedoLog.
var redoBranches = []redoBranch{
	archivedBranch,
	{kind: "threads", query: query{
		name: "redo threads", text: `SELECT 'threads', COUNT(*), 0, 0, 0 FROM v$thread WHERE enabled <> 'DISABLED'`,
		objects: []string{"V_$THREAD"}, loses: "whether the database is a cluster (RAC)",
	}},
	{kind: "asm or raw", query: query{
		name: "online logs", text: `SELECT CASE WHEN member LIKE '+%' THEN 'asm' ELSE 'raw' END, COUNT(*), 0, 0, 0 FROM v$logfile
  WHERE member LIKE '+%' OR member LIKE '/dev/%' GROUP BY CASE WHEN member LIKE '+%' THEN 'asm' ELSE 'raw' END`,
		objects: []string{"V_$LOGFILE"}, loses: "whether the redo log is in Automatic Storage Management or on raw devices",
	}},
	{kind: "encrypted", query: query{
		name: "encrypted tablespaces", text: `SELECT 'encrypted', COUNT(*), 0, 0, 0 FROM dba_tablespaces WHERE encrypted = 'YES'`,
		objects: []string{"DBA_TABLESPACES"}, loses: "whether tablespaces are encrypted",
	}},
	{kind: "encrypted columns", query: query{
		name: "encrypted columns", text: `SELECT 'encrypted columns', COUNT(*), 0, 0, 0 FROM all_encrypted_columns`,
		objects: []string{"ALL_ENCRYPTED_COLUMNS"}, loses: "whether columns are encrypted",
	}},
}

func (c *checker) readRedoLog(ctx context.Context) {
	l := &c.known.redo
	l.archived = archivedLogs{}
	all := append(slices.Clone(redoBranches), c.settingBranches()...)
	found := map[string]int64{} // union may read a branch twice, so counts are set and not added
	refused, err := c.union(ctx, queryRedoLog, texts(all), func(r *sql.Rows) error {
		row, err := scanRedo(r)
		switch {
		case row.kind == archivedBranch.kind:
			l.archived.add(row)
		case !c.setSetting(row.kind, row.n):
			found[row.kind] = max(found[row.kind], row.n.Int64)
		}
		return err
	})
	if err != nil {
		l.lost = true
		c.unknown(failure{queryRedoLog, err})
		return
	}
	for i, b := range all {
		if refused[i] != nil {
			l.lost = l.lost || b.kind == archivedBranch.kind
			c.unknown(failure{b.query, refused[i]})
		}
	}
	l.threads, l.asm, l.raw = found["threads"], found["asm"], found["raw"]
	l.encrypted, l.encryptedColumns = found["encrypted"], found["encrypted columns"]
}

// checkRedoLog checks whether DMS can read the redo log where the database keeps it, and for how long.
func (c *checker) checkRedoLog() {
	if c.needs.Capture == BinaryReader {
		c.checkRedoFiles()
	} else if c.known.redo.threads > 1 {
		c.database(Warning, "oracle-check-rac", useBinaryReader,
			"the database is a cluster (RAC): DMS advises against LogMiner, which is slow there and has limits")
	}
	c.checkEncryption()
	// Without archived logs, another finding already says why.
	if !c.known.redo.lost && (!c.known.read || c.known.logMode == "ARCHIVELOG") {
		c.checkArchive()
	}
}

// checkRedoFiles checks where the online logs are, which Binary Reader reads itself.
func (c *checker) checkRedoFiles() {
	switch l := c.known.redo; {
	case c.fixes.rds && c.needs.RedoLog.ASM:
		c.database(Failed, "oralake-asm", "remove source: {oracle: {asm}}",
			"the file has Automatic Storage Management (ASM), and DMS does not read Amazon RDS through it")
	case l.asm > 0 && !c.needs.RedoLog.ASM:
		c.database(Failed, "oralake-asm", "source: {oracle: {asm: {secretName: NAME}}}",
			"the redo log is in Automatic Storage Management, and Binary Reader has no access to it; the secret has asm_user, "+
				"asm_password and asm_server")
	case l.raw > 0:
		c.database(Failed, "oralake-raw-device", c.withoutBinaryReader(),
			"the online redo log is on a raw device, from which Binary Reader does not read")
	}
}

// checkEncryption checks Transparent Data Encryption (TDE). LogMiner reads through it, on Amazon RDS only if tablespaces are
// encrypted.
func (c *checker) checkEncryption() {
	const name = "oracle-check-tde-enabled"
	l := c.known.redo
	switch encrypted := l.encrypted+l.encryptedColumns > 0; {
	case !encrypted:
	case c.needs.Capture != BinaryReader && c.fixes.rds && l.encryptedColumns > 0:
		c.database(Warning, name, "", "columns are encrypted (TDE), and on Amazon RDS DMS follows changes only of encrypted tablespaces")
	case c.needs.Capture != BinaryReader:
	case c.fixes.rds:
		c.database(Failed, name, c.withoutBinaryReader(),
			"tablespaces or columns are encrypted (TDE), and Binary Reader cannot read their changes on Amazon RDS")
	case !c.needs.RedoLog.TDE:
		c.database(Failed, name, "source: {oracle: {tde: {keyName: NAME, secretName: NAME}}}",
			"tablespaces or columns are encrypted (TDE), and Binary Reader has no key to read their changes; the secret has the "+
				"key's value as key")
	}
}

// retentionHours is how long archived redo logs must be kept for DMS, in hours.
const retentionHours = 24

// checkArchive checks the age of the oldest archived redo log of the destination that DMS reads.
func (c *checker) checkArchive() {
	archived := c.known.redo.archived
	wanted, named := c.needs.RedoLog.destination()
	f := Finding{Assessment: "oracle-check-archivelog-retention-rds", Severity: Warning, Fix: c.fixes.retention(retentionHours)}
	hours, kept := archived.oldest(wanted)
	others := archived.destinations()
	switch {
	case len(others) == 0:
		f.Text = "there is no archived redo log: the logs are deleted immediately, or none was written yet"
	case !kept:
		f.Assessment, f.Fix = "oralake-archived-log-destination", c.needs.RedoLog.reading(archived.longest())
		f.Text = fmt.Sprintf("the archived redo logs are in destination %s, and DMS reads destination %d", numbers(others), wanted)
		if archived.longest() == 0 {
			f.Assessment = "oracle-zero-archive-log-dest-id"
		}
		if named {
			f.Severity = Failed
		}
	case hours < retentionHours:
		f.Text = fmt.Sprintf("the oldest archived redo log of destination %d is %.1f hours old, and DMS needs %d: a task that is stopped for "+
			"longer cannot continue; ignore this if the database started to archive less than a day ago", wanted, hours, retentionHours)
		other := archived.longest()
		if oldest, _ := archived.oldest(other); oldest >= retentionHours {
			f.Fix = c.needs.RedoLog.reading(other)
			f.Text += fmt.Sprintf("; destination %d keeps them for longer", other)
		}
	default:
		return
	}
	c.known.redo.short = true
	c.report.add(f)
}

// reading returns the key of the file with which DMS reads the archived logs of a destination.
func (l RedoLog) reading(id int64) string {
	key, other := fmt.Sprintf("archivedLogDestId: %d", id), ""
	if id == 0 {
		key = "useZeroDestid: true"
	}
	for i, named := range l.Destinations {
		switch {
		case id == 0:
			other = ", without archivedLogDestId"
		case named == 0:
			other = ", without useZeroDestid"
		case i > 0 && int64(named) == id:
			other = ", without additionalArchivedLogDestId"
		}
	}
	return "source: {oracle: {" + key + "}}" + other
}

func numbers(all []int64) string {
	texts := make([]string, len(all))
	for i, n := range all {
		texts[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(texts, " and ")
}
