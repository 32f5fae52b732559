package oracle

import (
	"fmt"
	"slices"
	"strings"
)

// maxName is the longest name that DMS supports, in bytes (CHAP_Source.Oracle, Limitations).
const maxName = 30

// checkNames reports tables that DMS does not migrate because of their names. It needs no query.
func (c *checker) checkNames() {
	for _, t := range c.tables {
		for _, name := range []string{t.Schema, t.Name} {
			if len(name) > maxName {
				c.fail(t, "", "oracle-check-object-30-bytes-limit", rename(t),
					"the name %s has %d bytes, and DMS supports at most %d", name, len(name), maxName)
			}
			if strings.Contains(name, "'") {
				c.fail(t, "", "oracle-validate-names-with-apostrophes", rename(t),
					"the name %s has an apostrophe: DMS does not replicate such tables", name)
			}
		}
		if strings.HasPrefix(t.Name, "BIN$") {
			c.fail(t, "", "oralake-recycled-table", fmt.Sprintf("FLASHBACK TABLE %s TO BEFORE DROP RENAME TO name;", t.sql()),
				"this is a dropped table in the recycle bin: DMS does not migrate it")
		}
		if strings.HasPrefix(t.Name, "DR$") {
			c.fail(t, "", "oralake-text-index-table", "remove it from the list of tables",
				"this is part of an Oracle Text index: DMS does not migrate it")
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

// checkTable checks one table. d is nil if the user sees no such table.
func (c *checker) checkTable(t Table, d *tableInfo) {
	if d == nil {
		c.fail(t, "", "all-check-source-selection-rules", c.fixes.grantTable(t),
			"there is no table of this name, or user %s may not read it; write the name as Oracle's dictionary has it, usually in "+
				"capitals", c.fixes.name())
		return
	}
	if d.temporary {
		c.fail(t, "", "oracle-validate-global-temporary-tables", "remove it from the list of tables",
			"this is a global temporary table: DMS does not migrate it")
	}
	if d.nested {
		c.warn(t, "", "oracle-validate-more-than-one-nesting-table-level", "name the table that has the nested one as a column",
			"this is the storage of a nested table: DMS migrates it only through the outer table, and only one level of nesting")
	}
	c.checkNamed(t, d)
	if c.needs.CDC {
		c.checkChanges(t, d)
	}
	var withoutScale []string
	for _, column := range d.columns {
		if column.generated() || slices.Contains(t.Exclude, column.name) {
			continue
		}
		c.checkColumn(t, column)
		if column.plainNumber() {
			withoutScale = append(withoutScale, column.name)
		}
	}
	if len(withoutScale) > 0 { // one finding for all such columns: some schemas have very many
		c.warn(t, strings.Join(withoutScale, ", "), "oracle-number-columns-without-scale",
			"NumberDatatypeScale=-2 of the source endpoint, which keeps every digit, as text",
			"NUMBER without precision and scale becomes NUMBER(38,10): DMS cuts off the digits after the tenth decimal place")
	}
}

// checkChanges checks whether DMS can follow the changes of the table.
func (c *checker) checkChanges(t Table, d *tableInfo) {
	if d.overflow {
		c.fail(t, "", "oracle-validate-iot-overflow-segments", "move it to a full-load job",
			"this is an index-organized table with an overflow segment: DMS does not follow its changes")
	}
	if d.partitioned {
		c.warn(t, "", "oralake-partition-ddl", "reload the table after each ADD, DROP, EXCHANGE or TRUNCATE PARTITION",
			"the table is partitioned: DMS does not replicate DDL on partitions, so the lake keeps rows that such DDL removes, and lacks "+
				"rows that it adds")
	}
	if c.needs.Capture == BinaryReader {
		c.checkStorage(t, d)
	}
	if c.lost[queryLogGroups.name] || c.lost[queryKeys.name] || c.lost[queryIndexColumns.name] {
		return
	}
	if c.known.all == "YES" || slices.Contains(d.logGroups, "ALL COLUMN LOGGING") {
		return
	}
	logged := c.known.keys == "YES" || slices.Contains(d.logGroups, "PRIMARY KEY LOGGING")
	const consequence = "after an update, the columns that did not change would be empty in the lake"
	switch {
	case !d.hasKey():
		c.fail(t, "", "oracle-validate-supplemental-logging-all-columns", allColumns(t),
			"the table has no primary key, no unique index and no supplemental logging of all columns: "+
				"DMS cannot identify the row that changed")
	case !logged:
		c.fail(t, "", "oracle-validate-supplemental-logging-for-pk", allColumns(t),
			"the table has no supplemental logging, and an S3 target needs it for all columns: %s", consequence)
	default:
		c.fail(t, "", "oralake-supplemental-logging-for-s3", allColumns(t),
			"the table has supplemental logging only for its key, and an S3 target needs it for all columns: %s", consequence)
	}
}

// checkStorage reports storage that Binary Reader cannot read.
func (c *checker) checkStorage(t Table, d *tableInfo) {
	if d.clustered {
		c.fail(t, "", "oralake-clustered-table", "source: {capture: logminer}, or move it to a full-load job",
			"the table is in a cluster: Binary Reader does not follow its changes")
	}
	// Examples: QUERY LOW, and in some releases QUERY LOW ROW LEVEL LOCKING.
	if strings.HasPrefix(d.compressed, "QUERY ") || strings.HasPrefix(d.compressed, "ARCHIVE ") {
		name := "oracle-check-binary-reader-hcc-cdc"
		if c.needs.FullLoad {
			name = "oracle-check-binary-reader-hcc-full-load-and-cdc"
		}
		c.fail(t, "", name, "source: {capture: logminer}, or move it to a full-load job",
			"the table is compressed for %s: Binary Reader does not follow changes of tables with Hybrid Columnar Compression",
			d.compressed)
	}
}

// unsupportedTypes are types that DMS does not read. Their columns are empty in the lake (CHAP_Source.Oracle.DataTypes).
var unsupportedTypes = []string{"BFILE", "ROWID", "UROWID", "REF", "ANYDATA"}

func (c *checker) checkColumn(t Table, col column) {
	if len(col.name) > maxName {
		c.fail(t, col.name, "oracle-check-object-30-bytes-limit", exclude(col.name),
			"the name has %d bytes, and DMS supports at most %d", len(col.name), maxName)
	}
	switch {
	case col.virtual:
		c.warn(t, col.name, "oracle-validate-virtual-columns", exclude(col.name),
			"this is a virtual column: DMS does not migrate it")
		return
	case col.hidden:
		c.warn(t, col.name, "oracle-validate-invisible-columns", makeVisible(t, col.name),
			"this is an invisible column: DMS does not migrate it")
		return
	case col.owner == "MDSYS":
		c.warn(t, col.name, "oracle-check-spatial-columns", exclude(col.name),
			"DMS reads %s only in full LOB mode, which does not work with S3: the column is empty in the lake", col.kind)
	case slices.Contains(unsupportedTypes, col.kind):
		c.warn(t, col.name, "unsupported-data-types-in-source", exclude(col.name),
			"DMS does not read the type %s: the column is empty in the lake", col.kind)
	case col.kind != "XMLTYPE" && col.owner != "": // only user-defined types have an owner; it may be SYS
		c.warn(t, col.name, "unsupported-data-types-in-source", exclude(col.name),
			"%s.%s is a user-defined type, such as an object or a VARRAY: DMS does not read it, and the column is empty in the lake",
			col.owner, col.kind)
	case col.kind == "LONG", col.kind == "LONG RAW":
		c.warn(t, col.name, "oralake-long-column", convertLong(t, col),
			"DMS cuts a %s off after 64 KB; lobMaxKB does not change that", col.kind)
	case col.extended():
		c.warn(t, col.name, "unsupported-data-types-in-source", exclude(col.name),
			"%s of %d bytes is an extended data type of Oracle: DMS does not support it", col.kind, col.length.Int64)
		return
	}
	if col.isLOB() || col.kind == "XMLTYPE" {
		c.checkLOB(t, col)
	}
}

// checkLOB reports reasons, other than its length, for which a LOB may not reach the lake.
func (c *checker) checkLOB(t Table, col column) {
	if col.secureFile {
		c.warn(t, col.name, "oracle-validate-securefile-lobs", exclude(col.name),
			"this is a SecureFiles LOB: DMS needs full LOB mode for it, and an S3 target has only limited LOB mode; after a load, "+
				"look whether the column has values in the lake")
	}
	if !c.needs.CDC {
		return
	}
	if c.needs.Capture == LogMiner && c.major() >= 12 {
		c.warn(t, col.name, "oracle-binary-lob-source-validation", useBinaryReader,
			"with LogMiner, DMS does not follow changes of LOBs of Oracle 12c and later")
		return
	}
	c.warn(t, col.name, "oracle-validate-lob-to-streaming-target", exclude(col.name),
		"Oracle does not log a LOB that an update does not change: the LOB may be empty in the lake after a change of its row")
}
