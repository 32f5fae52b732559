package oracle

import (
	"regexp"
	"slices"
	"strings"
)

// readTypes are the types that DMS reads (CHAP_Source.Oracle.DataTypes), as the dictionary writes them without digits in
// brackets. Every other type gives a finding.
var readTypes = []string{
	"NUMBER", "FLOAT", "BINARY_FLOAT", "BINARY_DOUBLE", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE",
	"TIMESTAMP WITH LOCAL TIME ZONE", "INTERVAL YEAR TO MONTH", "INTERVAL DAY TO SECOND", "CHAR", "VARCHAR2", "NCHAR", "NVARCHAR2",
	"RAW", "LONG", "LONG RAW", "BLOB", "CLOB", "NCLOB", xmlType,
}

// emptyTypes are the types of which the same page says that their columns are empty at the target.
var emptyTypes = []string{"BFILE", "ROWID", "UROWID", "REF", "ANYDATA"}

const xmlType = "XMLTYPE"

var digits = regexp.MustCompile(`\(\d+\)`)

// checkColumns checks the columns that are loaded. Columns with the same small problem have one finding for all of them: some
// schemas have very many.
func (c *checker) checkColumns(t Table, d *tableInfo) {
	var withoutScale, doubles, lobs, added []string
	for _, column := range d.columns {
		if column.generated() || slices.Contains(t.Exclude, column.name) {
			continue
		}
		c.checkColumn(t, column)
		if !column.absent() && slices.ContainsFunc(c.needs.AddedColumns, func(a string) bool { return strings.EqualFold(a, column.name) }) {
			added = append(added, column.name)
		}
		switch {
		case column.absent():
		case column.plainNumber():
			withoutScale = append(withoutScale, column.name)
		case column.double():
			doubles = append(doubles, column.name)
		case column.isLOB() || column.kind == xmlType || column.kind == "LONG" || column.kind == "LONG RAW":
			lobs = append(lobs, column.name)
		}
	}
	if len(added) > 0 {
		c.fail(t, list(added), "oralake-added-column", c.exclude(t, added...),
			"the files of the lake have columns of their own with these names, whatever their case: %s", list(c.needs.AddedColumns))
	}
	if len(withoutScale) > 0 {
		c.checkScale(t, strings.Join(withoutScale, ", "))
	}
	if len(doubles) > 0 {
		c.found(Note, t, strings.Join(doubles, ", "), "oralake-number-as-double", "",
			"FLOAT and NUMBER with a negative scale become floating-point numbers: about 15 digits of a value are exact")
	}
	if len(lobs) > 0 && !d.hasKey() && !c.lost[queryKeys.name] && !c.lost[queryIndexColumns.name] {
		c.fail(t, list(lobs), "table-with-lob-but-without-primary-key-or-unique-constraint", c.exclude(t, lobs...),
			"the table has no primary key and no unique index: DMS does not migrate its LOBs; exclude them, or add a key to the table")
	}
}

// checkScale reports what DMS does with NUMBER columns without precision and scale.
func (c *checker) checkScale(t Table, columns string) {
	const name = "oracle-number-columns-without-scale"
	switch scale := c.needs.NumberScale; {
	case scale == nil:
		c.warn(t, columns, name, "source: {oracle: {numberDatatypeScale: -2}}",
			"NUMBER without precision and scale becomes NUMBER(38,10): DMS cuts off the digits after the tenth decimal place; "+
				"numberDatatypeScale: -2 keeps every digit, as text")
	case *scale >= 0:
		c.found(Note, t, columns, name, "",
			"NUMBER without precision and scale becomes NUMBER(38,%d), as the file says: DMS cuts off further digits", *scale)
	case *scale == -1:
		c.found(Note, t, columns, name, "",
			"NUMBER without precision and scale becomes a floating-point number, as the file says: about 15 digits are exact")
	}
}

func (c *checker) checkColumn(t Table, col column) {
	if len(col.name) > maxName {
		c.fail(t, col.name, "oracle-check-object-30-bytes-limit", c.exclude(t, col.name),
			"the name has %d bytes, and DMS supports at most %d", len(col.name), maxName)
	}
	const unsupported = "unsupported-data-types-in-source"
	switch kind := digits.ReplaceAllString(col.kind, ""); {
	case col.virtual && col.kind != xmlType: // the dictionary calls an XMLTYPE virtual, since its LOB is in a hidden column
		c.warn(t, col.name, "oracle-validate-virtual-columns", c.exclude(t, col.name),
			"this is a virtual column: DMS does not migrate it")
		return
	case col.hidden:
		c.warn(t, col.name, "oracle-validate-invisible-columns", makeVisible(t, col.name),
			"this is an invisible column: DMS does not migrate it")
		return
	case col.owner == "MDSYS":
		c.warn(t, col.name, "oracle-check-spatial-columns", c.exclude(t, col.name),
			"DMS reads %s only in full LOB mode, which does not work with S3: the column is empty in the lake", col.kind)
	case slices.Contains(emptyTypes, kind):
		c.warn(t, col.name, unsupported, c.exclude(t, col.name),
			"DMS does not read the type %s: the column is empty in the lake", col.kind)
	case col.kind != xmlType && col.owner != "" && c.needs.NestedTables:
		c.found(Note, t, col.name, unsupported, "",
			"%s.%s is a user-defined type: DMS reads it if it is a nested table whose storage is also listed; otherwise the column is empty in "+
				"the lake", col.owner, col.kind)
	case col.kind != xmlType && col.owner != "": // only user-defined types have an owner; it may be SYS
		c.warn(t, col.name, unsupported, c.exclude(t, col.name),
			"%s.%s is a user-defined type, such as an object or a VARRAY: DMS does not read it, and the column is empty in the lake",
			col.owner, col.kind)
	case !slices.Contains(readTypes, kind):
		c.warn(t, col.name, unsupported, c.exclude(t, col.name),
			"the DMS guide does not list the type %s: what DMS does with the column is not known", col.kind)
	case kind == "LONG", kind == "LONG RAW":
		c.warn(t, col.name, "oralake-long-column", convertLong(t, col),
			"DMS cuts a %s off after 64 KB; lobMaxKB does not change that; the conversion locks the table and makes its indexes "+
				"unusable until they are rebuilt", col.kind)
	case col.extended() && kind == "RAW":
		c.warn(t, col.name, unsupported, c.exclude(t, col.name),
			"the DMS guide does not list a RAW of %d bytes, an extended data type: what DMS does with the column is not known", col.length.Int64)
		return
	}
	if col.isLOB() || col.kind == xmlType {
		c.checkLOB(t, col)
	}
}

// checkLOB reports reasons, other than its length, for which a LOB may not reach the lake.
func (c *checker) checkLOB(t Table, col column) {
	if col.secureFile {
		c.warn(t, col.name, "oracle-validate-securefile-lobs", basicFile(t, col.name),
			"this is a SecureFiles LOB: DMS reads it only by a second look at the row, and whether it does so with an S3 target is not known; "+
				"after a load, look whether the column has values in the lake; the fix locks the table and makes its indexes unusable until they "+
				"are rebuilt")
	}
	if !c.needs.CDC {
		return
	}
	if c.needs.Capture == LogMiner {
		name, text := "oracle-update-lob-columns", "with LogMiner, DMS does not follow updates of LOB and XMLTYPE columns"
		if c.release.major == 12 {
			name, text = "oracle-binary-lob-source-validation", "with LogMiner, DMS does not follow changes of LOBs of Oracle 12c"
		}
		c.warn(t, col.name, name, useBinaryReader, "%s", text)
		return
	}
	c.found(Note, t, col.name, "oracle-validate-lob-to-streaming-target", "",
		"Oracle does not log a LOB that an update does not change: the LOB may be empty in the lake after a change of its row")
}

// absent reports whether DMS does not migrate the column at all.
func (c column) absent() bool { return c.hidden || c.virtual && c.kind != xmlType }

// double reports whether the column arrives as a floating-point number although Oracle stores decimal digits.
func (c column) double() bool {
	return c.kind == "FLOAT" || c.kind == "NUMBER" && c.scale.Valid && c.scale.Int64 < 0
}
