package oracle

import (
	"fmt"
	"slices"
	"strings"
)

// checkTimestamps reports timestamps with more digits than the files of the lake have.
func (c *checker) checkTimestamps(t Table, d *tableInfo) {
	if c.needs.FractionDigits == 0 {
		return
	}
	key := d.rowKey()
	var names, inKey []string
	for _, column := range d.columns {
		if column.generated() || column.absent() || slices.Contains(t.Exclude, column.name) {
			continue
		}
		if column.fractionDigits() <= c.needs.FractionDigits {
			continue
		}
		if names = append(names, column.name); slices.Contains(key, column.name) {
			inKey = append(inKey, column.name)
		}
	}
	if len(names) > 0 { // one finding for all such columns: TIMESTAMP has six digits unless the table says otherwise
		c.found(Note, t, strings.Join(names, ", "), "oralake-timestamp-digits", "",
			"the lake has %d digits of the fraction of a second, and the other digits are cut off", c.needs.FractionDigits)
	}
	if len(inKey) > 0 && c.needs.CDC {
		c.warn(t, strings.Join(inKey, ", "), "oralake-timestamp-key", "add a column to the key that is not a timestamp, or move it to a full-load job",
			"this column of the key has more digits than the lake, which has %d of the fraction of a second: rows whose keys differ "+
				"by less are one row for a reader of the lake", c.needs.FractionDigits)
	}
}

// fractionDigits returns how many digits of the fraction of a second a TIMESTAMP has; 0 for another type. DMS writes a
// timestamp with a time zone as text, with all digits.
func (c column) fractionDigits() (digits int) {
	if n, err := fmt.Sscanf(c.kind, "TIMESTAMP(%d)", &digits); n != 1 || err != nil || c.kind != fmt.Sprintf("TIMESTAMP(%d)", digits) {
		return 0
	}
	return digits
}

// rowKey returns the columns that identify a row: the primary key or, without one, a unique index.
func (d *tableInfo) rowKey() []string {
	if len(d.primary) > 0 {
		return d.primary
	}
	for _, i := range d.indexes {
		if i.unique {
			return i.columns
		}
	}
	return nil
}
