package oracle

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// LOBSize is the measured size of the LOBs of a table.
type LOBSize struct {
	Table   string   `json:"table"`   // SCHEMA.TABLE
	Columns []string `json:"columns"` // the columns that were measured, or that could not be measured if Why is set
	// LongestBytes is an upper bound for the longest value, in bytes as DMS counts them: text is UTF-8. Oracle returns the
	// length of text only in characters, so the real length of text may be a third of it.
	LongestBytes int64 `json:"longestBytes"`
	// Sampled says that only a part of the rows was read. There may be a longer value.
	Sampled bool `json:"sampled,omitempty"`
	// MaxKB is the LOB limit that the table needs, DMS's LobMaxSize in KB. It is 0 if it is not known; then Why says why.
	MaxKB int    `json:"maxKB,omitempty"`
	Why   string `json:"why,omitempty"`
}

const (
	// maxLOBColumns is the largest number of columns that a check measures: each is a branch of one statement.
	maxLOBColumns = 400
	// lobRows is the largest number of rows that a check reads for all columns together, lobRowsPerColumn for one column.
	lobRows, lobRowsPerColumn = 4_000_000, 100_000
	// maxLOBKB is the largest LOB limit. In limited LOB mode DMS reads a whole LOB into memory, and its guide advises
	// against more than 100 MB (CHAP_Source.Oracle, Limitations).
	maxLOBKB = 100 * 1024
)

// lobColumn is a column to measure.
type lobColumn struct {
	table  Table
	column column
}

// measureLOBs measures the LOBs of all tables with one statement. It uses LENGTH: a hardened database grants DBMS_LOB to few.
func (c *checker) measureLOBs(ctx context.Context, found dictionary) {
	if c.lost[queryColumns.name] {
		return // a limit from only some of the columns could be too small
	}
	columns, unmeasured := c.lobColumns(found)
	c.report.LOBs = append(c.report.LOBs, unmeasured...)
	if len(columns) == 0 {
		return
	}
	limit := min(lobRowsPerColumn, lobRows/int64(len(columns)))
	branches := make([]string, len(columns))
	for i, x := range columns {
		branches[i] = fmt.Sprintf(
			"SELECT %d AS n, MAX(bytes) AS longest, COUNT(*) AS seen FROM (SELECT LENGTH(%s) AS bytes FROM %s "+
				"WHERE ROWNUM <= %d)", i, quote(x.column.name), x.table.sql(), limit)
	}
	lengths, seen := make([]int64, len(columns)), make([]int64, len(columns))
	refused, err := c.union(ctx, queryLOBSizes, branches, func(r *sql.Rows) error {
		var n, length, rows whole
		err := r.Scan(&n, &length, &rows)
		if n.Valid && n.Int64 < int64(len(columns)) {
			lengths[n.Int64], seen[n.Int64] = length.Int64, rows.Int64
		}
		return err
	})
	if err != nil {
		c.unknown(failure{queryLOBSizes, err})
		return
	}
	for i := 0; i < len(columns); {
		t, sampled := columns[i].table, false
		var lobs []measured
		for ; i < len(columns) && columns[i].table.key() == t.key(); i++ {
			if why := refused[i]; why != nil {
				c.report.LOBs = append(c.report.LOBs, LOBSize{
					Table: t.String(), Columns: []string{columns[i].column.name}, Why: "Oracle refuses to read it: " + firstLine(why),
				})
				continue
			}
			lobs = append(lobs, measured{columns[i].column, lengths[i]})
			sampled = sampled || seen[i] >= limit
		}
		if len(lobs) > 0 {
			c.judge(t, lobs, sampled)
		}
	}
}

// measured is a LOB column with the length of its longest value: in bytes for a BLOB, in UTF-16 units for text.
type measured struct {
	column column
	length int64
}

// least returns a lower bound for the length in bytes: a UTF-16 unit has at least one byte in UTF-8.
func (m measured) least() int64 { return m.length }

// most returns an upper bound for the length in bytes: a UTF-16 unit has at most three bytes in UTF-8.
func (m measured) most() int64 {
	if m.column.kind == "BLOB" {
		return m.length
	}
	return 3 * m.length
}

// lobColumns returns the columns to measure, ordered by table, and the columns that cannot be measured.
func (c *checker) lobColumns(found dictionary) (columns []lobColumn, unmeasured []LOBSize) {
	for _, t := range c.tables {
		d := found[t.key()]
		if d == nil || d.temporary || d.unreadable {
			continue
		}
		var noLength []string
		for _, col := range d.columns {
			switch {
			case col.generated() || col.absent() || slices.Contains(t.Exclude, col.name):
			case col.kind == "LONG", col.kind == "LONG RAW", col.kind == xmlType:
				noLength = append(noLength, col.name)
			case col.isLOB():
				columns = append(columns, lobColumn{t, col})
			}
		}
		if len(noLength) > 0 {
			unmeasured = append(unmeasured, LOBSize{
				Table: t.String(), Columns: noLength,
				Why: "Oracle does not return the length of LONG and XMLTYPE: write lobMaxKB",
			})
		}
	}
	if len(columns) > maxLOBColumns {
		for _, x := range columns[maxLOBColumns:] {
			unmeasured = append(unmeasured, LOBSize{
				Table: x.table.String(), Columns: []string{x.column.name},
				Why: fmt.Sprintf("the job has more than %d LOB columns: write lobMaxKB", maxLOBColumns),
			})
		}
		columns = columns[:maxLOBColumns]
	}
	return columns, unmeasured
}

// judge computes a table's LOB limit from the measured lengths, and compares the lengths with the limit of the file. The
// finding fails the job if a LOB is certainly too long. It is a warning if a text may be too long, because the real length
// of text may be a third of its upper bound.
func (c *checker) judge(t Table, lobs []measured, sampled bool) {
	size := LOBSize{Table: t.String(), Sampled: sampled}
	least := int64(0)
	for _, m := range lobs {
		size.Columns = append(size.Columns, m.column.name)
		size.LongestBytes, least = max(size.LongestBytes, m.most()), max(least, m.least())
	}
	size.MaxKB = min(lobLimit(size.LongestBytes, sampled), maxLOBKB)
	if kilobytes(least) > maxLOBKB {
		size.MaxKB = 0
		size.Why = fmt.Sprintf("the longest LOB has %d KB, and DMS advises against limits above %d KB: exclude the column",
			kilobytes(least), maxLOBKB)
	}
	c.report.LOBs = append(c.report.LOBs, size)
	over := func(length func(measured) int64, limit int) (names []string) {
		for _, m := range lobs {
			if kilobytes(length(m)) > int64(limit) {
				names = append(names, m.column.name)
			}
		}
		return names
	}
	const tooLong, longer = "oralake-lob-too-long", "oralake-lob-longer-than-limit"
	fix, between := fmt.Sprintf("lobMaxKB: %d", size.MaxKB), fmt.Sprintf("%d to %d", kilobytes(least), kilobytes(size.LongestBytes))
	limit := t.LOBMaxKB
	switch {
	case size.MaxKB == 0:
		columns := over(measured.least, maxLOBKB)
		c.fail(t, list(columns), tooLong, c.exclude(t, columns...), "%s", size.Why)
	case limit > 0 && kilobytes(least) > int64(limit):
		c.fail(t, list(over(measured.least, limit)), longer, fix,
			"there is a LOB of %d KB, and the limit is %d KB: the task would fail", kilobytes(least), limit)
	case kilobytes(size.LongestBytes) > maxLOBKB:
		columns := over(measured.most, maxLOBKB)
		c.warn(t, list(columns), tooLong, c.exclude(t, columns...),
			"there is a text of %s KB, because a character has one to three bytes, and DMS supports at most %d KB", between, maxLOBKB)
	case limit > 0 && kilobytes(size.LongestBytes) > int64(limit):
		c.warn(t, list(over(measured.most, limit)), longer, fix,
			"there is a text of %s KB, because a character has one to three bytes, and the limit is %d KB: the task may fail",
			between, limit)
	}
}

// lobLimit returns the limit in KB for LOBs whose longest measured value has the given length in bytes. It is the next
// power of two, and twice that for a sample. It is at least DMS's default of 32.
func lobLimit(longest int64, sampled bool) int {
	limit := 32
	for int64(limit) < kilobytes(longest) {
		limit *= 2
	}
	if sampled {
		limit *= 2
	}
	// If the power of two is above the largest limit, the length itself may still be below it.
	if limit > maxLOBKB {
		limit = int(max(min(int64(limit), maxLOBKB), kilobytes(longest)))
	}
	return limit
}

func kilobytes(bytes int64) int64 { return (bytes + 1023) / 1024 }

// list returns names for a finding.
func list(names []string) string { return strings.Join(names, ", ") }

// byTable sorts sizes for a reader.
func byTable(a, b LOBSize) int { return cmp.Compare(a.Table, b.Table) }
