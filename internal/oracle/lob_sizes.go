package oracle

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// LOBSize is how long the LOBs of a table are.
type LOBSize struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"` // those that were measured
	// LongestBytes is how long the longest value that was found is at most, as DMS has it: in UTF-8 for text, of which
	// Oracle tells the characters only.
	LongestBytes int64 `json:"longestBytes"`
	// Sampled says that not all rows were looked at, so that there may be a longer one.
	Sampled bool `json:"sampled,omitempty"`
	// MaxKB is the limit that these call for, DMS's LobMaxSize; 0 if it is not known, and Why says why.
	MaxKB int    `json:"maxKB,omitempty"`
	Why   string `json:"why,omitempty"`
}

const (
	// maxLOBColumns is how many columns are measured in a check: each is a branch of one statement.
	maxLOBColumns = 400
	// lobRows is how many rows are looked at in all, and in a table.
	lobRows, lobRowsPerColumn = 4_000_000, 100_000
	// A limited LOB is read into memory whole. DMS advises against more than 100 MB
	// (CHAP_Source.Oracle, Limitations).
	maxLOBKB = 100 * 1024
)

// lobColumn is a column to be measured.
type lobColumn struct {
	table  Table
	column column
}

// measureLOBs finds how long the LOBs are, in one statement for all tables.
func (c *checker) measureLOBs(ctx context.Context, found dictionary) {
	if c.lost[queryColumns.name] {
		return // a limit from those columns that were read would be too small for the others
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
			"SELECT %d AS n, MAX(bytes) AS longest, COUNT(*) AS seen FROM (SELECT DBMS_LOB.GETLENGTH(%s) AS bytes FROM %s "+
				"WHERE ROWNUM <= %d)", i, quote(x.column.name), x.table.sql(), limit)
	}
	lengths, seen := make([]int64, len(columns)), make([]int64, len(columns))
	err := c.rows(ctx, strings.Join(branches, "\nUNION ALL "), nil, func(r *sql.Rows) error {
		var n, length, rows whole
		err := r.Scan(&n, &length, &rows)
		if n.Valid && n.Int64 < int64(len(columns)) {
			lengths[n.Int64], seen[n.Int64] = length.Int64, rows.Int64
		}
		return err
	})
	if err != nil {
		c.unknown(failure{queryLOBs, err})
		return
	}
	for i := 0; i < len(columns); {
		t, sampled := columns[i].table, false
		var lobs []measured
		for ; i < len(columns) && columns[i].table.key() == t.key(); i++ {
			lobs = append(lobs, measured{columns[i].column, lengths[i]})
			sampled = sampled || seen[i] >= limit
		}
		c.judge(t, lobs, sampled)
	}
}

// measured is a LOB column with the length of its longest value: in bytes, or of text in units of UTF-16.
type measured struct {
	column column
	length int64
}

// least is how many bytes DMS has of it at least: in UTF-8 a unit of UTF-16 is one byte for ASCII.
func (m measured) least() int64 { return m.length }

// most is how many it has at most: a unit of UTF-16 is at most three bytes in UTF-8.
func (m measured) most() int64 {
	if m.column.kind == "BLOB" {
		return m.length
	}
	return 3 * m.length
}

// lobColumns are the columns to measure, table by table, and the tables that cannot be.
func (c *checker) lobColumns(found dictionary) (columns []lobColumn, unmeasured []LOBSize) {
	for _, t := range c.tables {
		d := found[t.key()]
		if d == nil || d.temporary {
			continue
		}
		var odd []string
		for _, col := range d.columns {
			switch {
			case col.generated() || col.virtual || col.hidden || slices.Contains(t.Exclude, col.name):
			case col.kind == "LONG", col.kind == "LONG RAW", col.kind == "XMLTYPE":
				odd = append(odd, col.name)
			case col.kind == "BLOB", col.kind == "CLOB", col.kind == "NCLOB":
				columns = append(columns, lobColumn{t, col})
			}
		}
		if len(odd) > 0 {
			unmeasured = append(unmeasured, LOBSize{
				Table: t.String(), Columns: odd,
				Why: "Oracle does not tell the length of LONG and XMLTYPE: write lobMaxKB",
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

// judge turns measured lengths into a limit, and compares them with that of the file. What is certain fails the job;
// of text, which may have a third of the bytes that it has at most, less is said.
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
		size.Why = fmt.Sprintf("the longest has %d KB, and DMS advises against limits above %d KB: exclude the column",
			kilobytes(least), maxLOBKB)
	}
	c.report.LOBs = append(c.report.LOBs, size)
	over := func(length func(measured) int64, limit int) string {
		var names []string
		for _, m := range lobs {
			if kilobytes(length(m)) > int64(limit) {
				names = append(names, m.column.name)
			}
		}
		return strings.Join(names, ", ")
	}
	const tooLong, longer = "oralake-lob-too-long", "oralake-lob-longer-than-limit"
	fix, between := fmt.Sprintf("lobMaxKB: %d", size.MaxKB), fmt.Sprintf("%d to %d", kilobytes(least), kilobytes(size.LongestBytes))
	limit := t.LOBMaxKB
	switch {
	case size.MaxKB == 0:
		columns := over(measured.least, maxLOBKB)
		c.fail(t, columns, tooLong, exclude(columns), "%s", size.Why)
	case limit > 0 && kilobytes(least) > int64(limit):
		c.fail(t, over(measured.least, limit), longer, fix,
			"there is a LOB of %d KB, and the limit is %d KB: the task would fail at it", kilobytes(least), limit)
	case kilobytes(size.LongestBytes) > maxLOBKB:
		columns := over(measured.most, maxLOBKB)
		c.warn(t, columns, tooLong, exclude(columns),
			"there is a text of %s KB, as its characters take one byte or three, and DMS takes at most %d KB", between, maxLOBKB)
	case limit > 0 && kilobytes(size.LongestBytes) > int64(limit):
		c.warn(t, over(measured.most, limit), longer, fix,
			"there is a text of %s KB, as its characters take one byte or three, and the limit is %d KB: the task may fail at it",
			between, limit)
	}
}

// lobLimit is the limit in KB for LOBs of which the longest that was seen has so many bytes: the next power of two, and
// twice that when only some were seen; never below DMS's default of 32.
func lobLimit(longest int64, sampled bool) int {
	limit := 32
	for int64(limit) < kilobytes(longest) {
		limit *= 2
	}
	if sampled {
		limit *= 2
	}
	// Where the power of two is out of bounds, the length itself may not be.
	if limit > maxLOBKB {
		limit = int(max(min(int64(limit), maxLOBKB), kilobytes(longest)))
	}
	return limit
}

func kilobytes(bytes int64) int64 { return (bytes + 1023) / 1024 }

// byTable sorts sizes for a reader.
func byTable(a, b LOBSize) int { return cmp.Compare(a.Table, b.Table) }
