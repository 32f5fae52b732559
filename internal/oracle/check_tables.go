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
				c.fail(t, "", "oracle-check-object-30-bytes-limit", c.shorten(t),
					"the name %s has %d bytes, and DMS supports at most %d", name, len(name), maxName)
			}
			if strings.Contains(name, "'") {
				c.fail(t, "", "oracle-validate-names-with-apostrophes", c.shorten(t),
					"the name %s has an apostrophe: DMS does not replicate such tables", name)
			}
		}
		if strings.HasPrefix(t.Name, "BIN$") {
			c.fail(t, "", "oralake-recycled-table", restoreTable(t),
				"this is a dropped table in the recycle bin: DMS does not migrate it")
		}
		if strings.HasPrefix(t.Name, "DR$") {
			c.fail(t, "", "oralake-text-index-table", removeTable,
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
		c.fail(t, "", noTable, c.fixes.grantTable(t),
			"there is no table of this name, or user %s may not read it; write the name as Oracle's dictionary has it, usually in "+
				"capitals", c.fixes.name())
		return
	}
	if d.notATable != "" {
		c.checkObject(t, d.notATable)
		return
	}
	c.checkView(t, d)
	c.checkKind(t, d)
	c.checkVisibleRows(t, d)
	c.checkNamed(t, d)
	c.checkFilters(t, d)
	c.checkTimestamps(t, d)
	if c.needs.CDC && !d.view {
		c.checkChanges(t, d)
		c.checkConstraints(t, d)
	}
	c.checkColumns(t, d)
}

// checkChanges checks whether DMS can follow the changes of the table.
func (c *checker) checkChanges(t Table, d *tableInfo) {
	if d.overflow {
		c.fail(t, "", "oracle-validate-iot-overflow-segments", toFullLoad,
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
	whole := c.logsAllColumns(d)
	if c.known.read {
		c.noteWholeRows(t, whole)
	}
	if whole {
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
	if d.keyPrefix {
		c.fail(t, "", "oralake-compressed-key", withoutCompression(t)+" or "+c.withoutBinaryReader(),
			"this is an index-organized table with key compression: Binary Reader does not follow its changes")
	}
	if d.clustered {
		c.fail(t, "", "oralake-clustered-table", c.withoutBinaryReader(),
			"the table is in a cluster: Binary Reader does not follow its changes")
	}
	// In some releases QUERY LOW ROW LEVEL LOCKING. Binary Reader reads the other kinds of Hybrid Columnar Compression.
	if strings.HasPrefix(d.compressed, "QUERY LOW") {
		name := "oracle-check-binary-reader-hcc-cdc"
		if c.needs.FullLoad {
			name = "oracle-check-binary-reader-hcc-full-load-and-cdc"
		}
		c.fail(t, "", name, c.withoutBinaryReader(),
			"the table, or one of its partitions, is compressed for %s: Binary Reader does not follow its changes", d.compressed)
	}
}
