package oracle

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// printedFix is a fix as the check prints it.
type printedFix struct {
	text string
	at   fixes  // the database, if it matters
	file string // what source has already in the department's file, as YAML
	job  string // whose table the fix is for; default: both jobs
}

// The databases for which fixes are printed.
var databases = []fixes{
	{user: "DMS"},
	{user: "DMS", pluggable: true},
	{user: "C##DMS", pluggable: true},
	{user: "DMS", rds: true},
	{user: "DMS", standby: true, pluggable: true},
	{user: "DMS", standby: true, rds: true},
}

// printed returns all fixes. TestEveryFixIsTried sees that none is missing.
func printed() (all []printedFix) {
	table, view := Table{Schema: "SALES", Name: "ORDERS"}, Table{Schema: "SALES", Name: "V"}
	for _, f := range databases {
		for _, text := range []string{
			f.grantObject("SELECT", "V_$LOG"), f.grantObject("SELECT", "DBA_TABLESPACES"), f.grantExecute("DBMS_LOGMNR"),
			f.grantPrivilege("LOGMINING"), f.grantPrivilege("SELECT ANY TRANSACTION"), f.grantTable(table), f.grantTable(view),
			f.grantFlashback(table), f.directories(), f.archiveLog(), f.supplementalLogging(), f.retention(retentionHours), f.retention(50),
			endTransaction(f.retention(40)), f.allRows(), f.archivedRows(),
			f.profile(idleTime), f.profile(idleTime, "CONNECT_TIME"), f.redirectNothing(), allColumns(table), logging(table),
			immediate(table, "FK"), notNull(table, []string{"A", "B"}), withoutCompression(table), makeVisible(table, "A"),
			convertLong(table, column{name: "A", kind: "LONG"}), convertLong(table, column{name: "A", kind: "LONG RAW"}),
			gatherStatistics(table), basicFile(table, "A"), passwordFor("SALES"),
		} {
			all = append(all, printedFix{text: f.place(text), at: f})
		}
		if f.rds {
			all = append(all, printedFix{text: f.place(f.grantExecute("RDSADMIN_UTIL")), at: f})
		}
		if f.standby {
			all = append(all, printedFix{text: f.place(f.link()), at: f}, printedFix{text: f.applyRedo("PHYSICAL STANDBY"), at: f},
				printedFix{text: f.applyRedo("SNAPSHOT STANDBY"), at: f})
		}
	}
	all = append(all, printedFix{text: fixes{}.grantPrivilege("LOGMINING")})
	return slices.Concat(all, fixesOfTables(table), fixesOfFiles(), connectionFixes())
}

// fixesOfTables are those for which the job matters.
func fixesOfTables(table Table) (all []printedFix) {
	for job, cdc := range map[string]bool{"daily": false, "live": true} {
		c := &checker{needs: Needs{CDC: cdc}}
		named := table
		named.Filters = []Filter{{Column: "NOTE"}}
		for _, text := range []string{
			c.exclude(table, "A"), c.exclude(table, "A", "PLACED"), c.exclude(table, "mixed"), c.exclude(table, "NO#", "A"),
			c.exclude(table, strings.Repeat("A", 31)), c.exclude(named, "NOTE"), c.shorten(table), c.asView(table),
		} {
			all = append(all, printedFix{text: text, job: job})
		}
	}
	for _, text := range []string{
		"view: true", "parallel: auto", "lobMaxKB: 102400", "lobMaxKB: 32", "parallel: {ranges: {columns: [NAME], boundaries: [[VALUE]]}}",
		"list the tables of the view, or move it to a full-load job and add view: true", restoreTable(table),
	} {
		all = append(all, printedFix{text: text, job: "daily"})
	}
	for _, text := range []string{
		"parallel: none", "parallel: partitions-auto", "add a column to the key that is not a timestamp, or move it to a full-load job",
		"reload the table after each ADD, DROP, EXCHANGE or TRUNCATE PARTITION",
	} {
		all = append(all, printedFix{text: text, job: "live"})
	}
	has := &tableInfo{columns: []column{{name: "ID"}, {name: "PLACED"}}}
	for _, text := range []string{
		has.columnChoices(), choose("write some of its partitions: ", []string{"P1", "P2"}), column{kind: "NUMBER"}.valueFix("x"),
		column{kind: "DATE"}.valueFix("x"), toFullLoad, removeTable, "filter by another column", "filter by a column of the key, or " + toFullLoad,
		"remove view: true", "write the table or view for which it stands, as in ALL_SYNONYMS", withoutCompression(table) + " or " + toFullLoad,
	} {
		all = append(all, printedFix{text: text})
	}
	return all
}

// fixesOfFiles are keys of source, beside what the file has already.
func fixesOfFiles() (all []printedFix) {
	const asm, tde = "asm: {secretName: S}", "tde: {keyName: K, secretName: S}"
	all = []printedFix{
		{text: useBinaryReader, file: "capture: logminer"},
		{text: (&checker{}).withoutBinaryReader(), file: "capture: binary-reader"},
		{text: (&checker{needs: Needs{RedoLog: RedoLog{ASM: true, TDE: true}}}).withoutBinaryReader(), file: "oracle: {" + asm + ", " + tde + "}"},
		{text: "remove source: {oracle: {asm}}", file: "oracle: {" + asm + "}"},
		{text: "source: {oracle: {asm: {secretName: NAME}}}"},
		{text: "source: {oracle: {tde: {keyName: NAME, secretName: NAME}}}", file: "oracle: {" + asm + "}"},
		{text: "source: {oracle: {numberDatatypeScale: -2}}"},
		{text: allowNestedTables},
		{text: "source: {database: NAME}, the service name of the pluggable database that has the tables"},
		{text: openTransactions},
	}
	for _, test := range []struct {
		destinations []int
		read         int64
		file         string
	}{
		{nil, 2, ""},
		{nil, 0, ""},
		{[]int{1}, 2, "oracle: {archivedLogDestId: 1}"},
		{[]int{1, 2}, 2, "oracle: {archivedLogDestId: 1, additionalArchivedLogDestId: 2}"},
		{[]int{0}, 2, "oracle: {useZeroDestid: true}"},
		{[]int{1}, 0, "oracle: {archivedLogDestId: 1}"},
	} {
		log := RedoLog{Destinations: test.destinations}
		all = append(all, printedFix{text: log.reading(test.read), file: test.file})
	}
	return all
}

// connectionFixes are printed before anything is known of the database.
func connectionFixes() (all []printedFix) {
	s := &session{}
	for _, code := range []int{
		wrongPassword, accountLocked, passwordExpired, noCreateSession, unknownService, noListener, weakEncryption, unknownCharset, oldServer,
		notOpen, 18, 28759, 29024, 29002, 28860,
	} {
		all = append(all, printedFix{text: s.connectionFinding(fmt.Errorf("ORA-%05d: stopped", code)).Fix, file: tlsFile})
	}
	for _, err := range []error{tls.RecordHeaderError{}, errors.New("remote error: tls: certificate required")} {
		all = append(all, printedFix{text: s.connectionFinding(err).Fix, file: tlsFile})
	}
	const layer = "make the layer again, `go run ./lambda_layer -client ZIP` with the zip as Oracle delivers it, and deploy again"
	for _, text := range []string{
		layer, "download Instant Client 19 or 23, make the layer from it (`go run ./lambda_layer -client ZIP`), and deploy again",
		"make the layer with libraries of Amazon Linux 2023, and deploy again", "make the layer from the client for arm64, and deploy again",
		"install libaio1, on the machine that makes the layer, or give the file with -extra; then " + layer,
		"download Instant Client, Basic Light, make the layer from it (`go run ./lambda_layer -client ZIP`), and deploy again; or choose the " +
			"driver that needs no client: source: {driver: go-ora}",
	} {
		all = append(all, printedFix{text: text})
	}
	return all
}

const tlsFile = "sslMode: verify-ca, certificateArn: 'arn:aws:dms:eu-central-1:123456789012:cert:OLD'"
