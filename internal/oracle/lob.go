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
	// LongestBytes is the longest value that was found, as DMS has it: in UTF-8 for text.
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
	rows   whole // of the table
}

// measureLOBs finds how long the LOBs are, in one statement for all tables.
func (c *checker) measureLOBs(ctx context.Context, found dictionary) {
	columns, unmeasured := c.lobColumns(found)
	c.report.LOBs = append(c.report.LOBs, unmeasured...)
	if len(columns) == 0 {
		return
	}
	limit := min(lobRowsPerColumn, lobRows/int64(len(columns)))
	branches := make([]string, len(columns))
	for i, x := range columns {
		branches[i] = fmt.Sprintf(
			"SELECT %d AS n, MAX(bytes) AS longest, COUNT(*) AS seen FROM (SELECT %s AS bytes FROM %s WHERE ROWNUM <= %d)",
			i, x.column.length(), x.table.sql(), limit)
	}
	longest, seen := make([]int64, len(columns)), make([]int64, len(columns))
	err := c.rows(ctx, strings.Join(branches, "\nUNION ALL "), nil, func(r *sql.Rows) error {
		var n, bytes, rows whole
		err := r.Scan(&n, &bytes, &rows)
		if n.Valid && n.Int64 < int64(len(columns)) {
			longest[n.Int64], seen[n.Int64] = bytes.Int64, rows.Int64
		}
		return err
	})
	if err != nil {
		c.unknown(failure{queryLOBs, err})
		return
	}
	for i := 0; i < len(columns); {
		size := LOBSize{Table: columns[i].table.String()}
		t := columns[i].table
		for ; i < len(columns) && columns[i].table.key() == t.key(); i++ {
			size.Columns = append(size.Columns, columns[i].column.name)
			size.LongestBytes = max(size.LongestBytes, longest[i])
			size.Sampled = size.Sampled || seen[i] >= limit
		}
		c.judge(t, size)
	}
}

// length is how many bytes a LOB has in UTF-8, at most. Oracle counts a CLOB in units of UTF-16, each of which is at
// most three bytes in UTF-8.
func (c column) length() string {
	if c.kind == "BLOB" {
		return "DBMS_LOB.GETLENGTH(" + quote(c.name) + ")"
	}
	return "3 * DBMS_LOB.GETLENGTH(" + quote(c.name) + ")"
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
				columns = append(columns, lobColumn{t, col, d.rows})
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

// judge turns a measured length into a limit, and compares it with that of the file.
func (c *checker) judge(t Table, size LOBSize) {
	size.MaxKB = lobLimit(size.LongestBytes, size.Sampled)
	if size.MaxKB > maxLOBKB {
		size.MaxKB = 0
		size.Why = fmt.Sprintf("the longest has %d KB, and DMS advises against limits above %d KB: exclude the column",
			kilobytes(size.LongestBytes), maxLOBKB)
	}
	c.report.LOBs = append(c.report.LOBs, size)
	longest := kilobytes(size.LongestBytes)
	columns := strings.Join(size.Columns, ", ")
	switch {
	case size.MaxKB == 0:
		c.fail(t, columns, "oralake-lob-too-long", exclude(columns), "%s", size.Why)
	case t.LOBMaxKB > 0 && longest > int64(t.LOBMaxKB):
		c.fail(t, columns, "oralake-lob-longer-than-limit", fmt.Sprintf("lobMaxKB: %d", size.MaxKB),
			"there is a LOB of %d KB, and the limit is %d KB: the task would fail at it", longest, t.LOBMaxKB)
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
