package oracle

import (
	"fmt"
	"slices"
	"strings"
)

// maxName is how long a name may be for DMS, in bytes (CHAP_Source.Oracle, Limitations).
const maxName = 30

// checkNames looks at names, which say enough by themselves.
func (c *checker) checkNames() {
	for _, t := range c.tables {
		for _, name := range []string{t.Schema, t.Name} {
			if len(name) > maxName {
				c.fail(t, "", "oracle-check-object-30-bytes-limit", rename(t),
					"the name %s has %d bytes, and DMS takes at most %d", name, len(name), maxName)
			}
			if strings.Contains(name, "'") {
				c.fail(t, "", "oracle-validate-names-with-apostrophes", rename(t),
					"the name %s has an apostrophe: DMS does not replicate such tables", name)
			}
		}
		if strings.HasPrefix(t.Name, "BIN$") {
			c.fail(t, "", "oralake-recycled-table", fmt.Sprintf("FLASHBACK TABLE %s TO BEFORE DROP RENAME TO name;", t.sql()),
				"this is a dropped table in the recycle bin, which DMS does not migrate")
		}
		if strings.HasPrefix(t.Name, "DR$") {
			c.fail(t, "", "oralake-text-index-table", "remove it from the list of tables",
				"this is part of an Oracle Text index, which DMS does not migrate")
		}
	}
}

func (c *checker) fail(t Table, column, assessment, fix, format string, args ...any) {
	c.found(Failed, t, column, assessment, fix, format, args...)
}

func (c *checker) warn(t Table, column, assessment, fix, format string, args ...any) {
	c.found(Warning, t, column, assessment, fix, format, args...)
}

func (c *checker) found(s Severity, t Table, column, assessment, fix, format string, args ...any) {
	c.report.add(Finding{
		Assessment: assessment, Severity: s, Table: t.String(), Column: column,
		Text: fmt.Sprintf(format, args...), Fix: fix,
	})
}

// checkTable looks at one table; d is nil if there is no such table for this user.
func (c *checker) checkTable(t Table, d *described) {
	if d == nil {
		c.fail(t, "", "all-check-source-selection-rules", c.fixes.grantTable(t),
			"there is no table of this name, or user %s may not read it; names are as the dictionary has them, mostly in capitals",
			c.fixes.name())
		return
	}
	if d.temporary {
		c.fail(t, "", "oracle-validate-global-temporary-tables", "remove it from the list of tables",
			"this is a global temporary table, which DMS does not migrate")
	}
	if d.nested {
		c.warn(t, "", "oracle-validate-more-than-one-nesting-table-level", "name the table that has the nested one as a column",
			"this is the storage of a nested table; DMS follows one level of nesting, from the outer table")
	}
	c.checkNamed(t, d)
	if c.needs.CDC {
		c.checkChanges(t, d)
	}
	var plain []string
	for _, column := range d.columns {
		if column.generated() || slices.Contains(t.Exclude, column.name) {
			continue
		}
		c.checkColumn(t, column)
		if column.plainNumber() {
			plain = append(plain, column.name)
		}
	}
	if len(plain) > 0 { // one finding for all: in some schemas they are the most frequent type
		c.warn(t, strings.Join(plain, ", "), "oracle-number-columns-without-scale",
			"NumberDatatypeScale=-2 of the source endpoint, which keeps every digit, as text",
			"NUMBER without precision and scale becomes NUMBER(38,10): digits after the tenth are cut off")
	}
}

// checkChanges looks at whether changes of the table can be followed.
func (c *checker) checkChanges(t Table, d *described) {
	if d.overflow {
		c.fail(t, "", "oracle-validate-iot-overflow-segments", "move it to a full-load job",
			"this is an index-organized table with an overflow segment, whose changes DMS does not follow")
	}
	if c.needs.Capture == BinaryReader {
		c.checkStorage(t, d)
	}
	if c.lost[queryLogGroups.name] || c.lost[queryKeys.name] || c.lost[queryIndexes.name] {
		return
	}
	if c.known.all == "YES" || slices.Contains(d.logGroups, "ALL COLUMN LOGGING") {
		return
	}
	logged := c.known.keys == "YES" || slices.Contains(d.logGroups, "PRIMARY KEY LOGGING")
	const comes = "of an update, columns that did not change would arrive empty in the lake"
	switch {
	case !d.hasKey():
		c.fail(t, "", "oracle-validate-supplemental-logging-all-columns", allColumns(t),
			"the table has no primary key and no unique index, and no supplemental logging of all columns: "+
				"DMS cannot tell which row changed")
	case !logged:
		c.fail(t, "", "oracle-validate-supplemental-logging-for-pk", allColumns(t),
			"the table has no supplemental logging; an S3 target wants it of all columns: %s", comes)
	default:
		c.fail(t, "", "oralake-supplemental-logging-for-s3", allColumns(t),
			"the table has supplemental logging of its key only, and an S3 target wants it of all columns: %s", comes)
	}
}

// checkStorage looks at what Binary Reader cannot read.
func (c *checker) checkStorage(t Table, d *described) {
	if d.clustered {
		c.fail(t, "", "oralake-clustered-table", "source: {capture: logminer}, or move it to a full-load job",
			"the table is in a cluster, whose changes Binary Reader does not follow")
	}
	// QUERY LOW and its like, in some releases with ROW LEVEL LOCKING after it.
	if strings.HasPrefix(d.compressed, "QUERY ") || strings.HasPrefix(d.compressed, "ARCHIVE ") {
		name := "oracle-check-binary-reader-hcc-cdc"
		if c.needs.FullLoad {
			name = "oracle-check-binary-reader-hcc-full-load-and-cdc"
		}
		c.fail(t, "", name, "source: {capture: logminer}, or move it to a full-load job",
			"the table is compressed for %s, and Binary Reader does not follow changes in Hybrid Columnar Compression",
			d.compressed)
	}
}

// Types that DMS does not read; their columns arrive empty (CHAP_Source.Oracle.DataTypes).
var unread = []string{"BFILE", "ROWID", "UROWID", "REF", "ANYDATA"}

func (c *checker) checkColumn(t Table, col column) {
	if len(col.name) > maxName {
		c.fail(t, col.name, "oracle-check-object-30-bytes-limit", exclude(col.name),
			"the name has %d bytes, and DMS takes at most %d", len(col.name), maxName)
	}
	switch {
	case col.virtual:
		c.warn(t, col.name, "oracle-validate-virtual-columns", exclude(col.name),
			"this is a virtual column, which DMS does not migrate")
		return
	case col.hidden:
		c.warn(t, col.name, "oracle-validate-invisible-columns", visible(t, col.name),
			"the column is invisible, and DMS does not migrate it")
		return
	case col.owner == "MDSYS":
		c.warn(t, col.name, "oracle-check-spatial-columns", exclude(col.name),
			"%s is read in full LOB mode only, which does not work with S3: the column arrives empty", col.kind)
	case slices.Contains(unread, col.kind):
		c.warn(t, col.name, "unsupported-data-types-in-source", exclude(col.name),
			"DMS does not read the type %s: the column arrives empty", col.kind)
	case col.kind != "XMLTYPE" && col.owner != "": // only what somebody made has an owner, be it SYS
		c.warn(t, col.name, "unsupported-data-types-in-source", exclude(col.name),
			"%s.%s is a type that was made, such as an object or a VARRAY, and DMS does not read it: the column arrives empty",
			col.owner, col.kind)
	case col.kind == "LONG", col.kind == "LONG RAW":
		c.warn(t, col.name, "oralake-long-column", turnLong(t, col),
			"DMS cuts off what a %s has beyond 64 KB, whatever lobMaxKB is", col.kind)
	case col.extended():
		c.warn(t, col.name, "unsupported-data-types-in-source", exclude(col.name),
			"%s of %d bytes is an extended type of Oracle, which DMS does not support", col.kind, col.length.Int64)
		return
	}
	if col.lob || col.kind == "XMLTYPE" { // whose LOB is in a hidden column
		c.checkLOB(t, col)
	}
}

// checkLOB looks at what is lost of a LOB besides its length.
func (c *checker) checkLOB(t Table, col column) {
	if col.secureFile {
		c.warn(t, col.name, "oracle-validate-securefile-lobs", exclude(col.name),
			"this is a SecureFiles LOB: DMS asks for full LOB mode, while S3 takes limited LOBs only; look whether it arrives")
	}
	if !c.needs.CDC {
		return
	}
	if c.needs.Capture == LogMiner && c.major() >= 12 {
		c.warn(t, col.name, "oracle-binary-lob-source-validation", useBinaryReader,
			"DMS does not follow changes of LOBs with LogMiner from Oracle 12c")
		return
	}
	c.warn(t, col.name, "oracle-validate-lob-to-streaming-target", exclude(col.name),
		"Oracle does not log a LOB that an update leaves alone: it may arrive empty in the lake with changes of its row")
}
