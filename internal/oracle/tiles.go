package oracle

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// keyTypes are the types of range columns. For each type they hold the SQL that writes a bound, and the SQL that orders keys.
type keyTypes map[string]struct{ bound, order string }

func (k keyTypes) contain(kind string) bool { _, ok := k.of(kind); return ok }

// of finds a type. TIMESTAMP(6) counts as TIMESTAMP. Types with a time zone do not: DMS converts their values.
func (k keyTypes) of(kind string) (struct{ bound, order string }, bool) {
	if strings.HasPrefix(kind, "TIMESTAMP(") && strings.HasSuffix(kind, ")") {
		kind = "TIMESTAMP"
	}
	t, ok := k[kind]
	return t, ok
}

// rangeTypes are the types for which a plan has ranges.
//
// Assumption: DMS reads a date in a boundary as YYYY-MM-DD HH24:MI:SS. The guide does not document it. The guide writes dates
// in filters in this form, without the time of day, and the product from which DMS comes requires this form (Qlik
// Replicate, Parallel Load). If DMS does not accept it, the run fails immediately, with Oracle's ORA-01861.
var rangeTypes = func() keyTypes {
	const (
		number = `TO_CHAR(MAX(k), 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')`
		date   = `TO_CHAR(MAX(k), 'YYYY-MM-DD HH24:MI:SS')`
		text   = `TO_CHAR(MAX(k))`
		// A session sorts text by the rules of its language, and compares it by bytes. DMS compares keys with the bounds of
		// ranges, so the keys must be sorted by bytes.
		bytes = `NLSSORT(k, 'NLS_SORT=BINARY')`
	)
	return keyTypes{
		"NUMBER": {number, "k"}, "DATE": {date, "k"}, "TIMESTAMP": {date, "k"},
		"VARCHAR2": {text, bytes}, "NVARCHAR2": {text, bytes},
	}
}()

// tilesPerRange is the number of tiles that are read for each intended range.
const tilesPerRange = 16

// statement returns the SQL that reads the tiles of one key: the largest key of each tile, with the numbers of rows below it
// and up to it. For text the SQL also returns whether the database compares some key as smaller than its predecessor in the
// order of bytes.
func (x *candidate) statement(n int) string {
	kind, _ := rangeTypes.of(x.key.kind)
	sample, hint := "", ""
	if x.sample > 0 {
		// Blocks of the table, not of an index: neighbours in an index block have neighbouring keys.
		sample, hint = fmt.Sprintf(" SAMPLE BLOCK (%.4f)", x.sample), "/*+ FULL("+quote(x.table.Name)+") */ "
	}
	former, disorder := "", "0"
	if kind.order != "k" {
		former = ", LAG(k) OVER (ORDER BY " + kind.order + ") AS former"
		disorder = "MAX(CASE WHEN k < former THEN 1 ELSE 0 END)"
	}
	return fmt.Sprintf(`SELECT %[1]d AS n, tile, %[2]s AS bound, MAX(below) AS below, MAX(upto) AS upto, %[8]s AS disorder FROM (
  SELECT k, NTILE(%[3]d) OVER (ORDER BY %[4]s) AS tile, RANK() OVER (ORDER BY %[4]s) - 1 AS below,
    COUNT(*) OVER (ORDER BY %[4]s) AS upto%[9]s
  FROM (SELECT %[10]s%[5]s AS k FROM %[6]s%[7]s))
GROUP BY tile`, n, kind.bound, x.segments*tilesPerRange, kind.order, quote(x.key.name), x.table.sql(), sample, disorder, former, hint)
}

func (c *checker) readTiles(ctx context.Context, candidates []*candidate) {
	branches := make([]string, len(candidates))
	for i, x := range candidates {
		branches[i] = x.statement(i)
	}
	tiles := make([]map[int64]tile, len(candidates))
	for i := range tiles {
		tiles[i] = map[int64]tile{}
	}
	refused, err := c.union(ctx, queryTiles, branches, func(r *sql.Rows) error {
		var n, number, below, upto, disorder whole
		var bound text
		if err := r.Scan(&n, &number, &bound, &below, &upto, &disorder); err != nil {
			return err
		}
		if n.Valid && n.Int64 < int64(len(candidates)) {
			tiles[n.Int64][number.Int64] = tile{bound.String, below.Int64, upto.Int64}
			candidates[n.Int64].disorder = candidates[n.Int64].disorder || disorder.Int64 != 0
		}
		return nil
	})
	if err != nil {
		c.unknown(failure{queryTiles, err})
	}
	for i, x := range candidates {
		if why := cmp.Or(refused[i], err); why != nil {
			x.plan.Why = "the values of its key could not be read: " + firstLine(why)
			continue
		}
		x.setRanges(tiles[i])
	}
}

func (x *candidate) setRanges(tiles map[int64]tile) {
	bounds, rows, why := split(inOrder(tiles), x.segments, writable(x.key.kind))
	p := x.plan
	if why == "" && (x.disorder || !ascend(x.key.kind, bounds)) {
		why = "the database compares its values in another order than that of their bytes"
	}
	if why != "" {
		p.Why = fmt.Sprintf("ranges of %s do not split it: %s", x.key.name, why)
		return
	}
	p.Type, p.Columns, p.Rows = Ranges, []string{x.key.name}, rows
	for _, b := range bounds {
		if x.key.kind == "NUMBER" {
			b = number(b)
		}
		p.Boundaries = append(p.Boundaries, []string{b})
	}
	partitions := "without partitions"
	if x.partitions > 0 {
		partitions = fmt.Sprintf("in %d partitions, which are more than %d", x.partitions, mostPartitions)
	}
	p.Why = fmt.Sprintf("it has %s %s, and %s is indexed and never null", formatBytes(p.Bytes), partitions, x.key.name)
}
