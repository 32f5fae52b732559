package oracle

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// Planning says when a table is worth splitting, and into how much.
type Planning struct {
	LargeBytes   int64 // tables below this stay whole; default 1 GiB
	SegmentBytes int64 // a range is to be about as large; default 512 MiB
	MaxSegments  int   // at most so many ranges; default 32
	// ExactRows is up to how many rows every key is looked at; of more, a sample. Default 50 million.
	ExactRows int64
}

func (p Planning) defaults() Planning {
	if p.LargeBytes <= 0 {
		p.LargeBytes = 1 << 30
	}
	if p.SegmentBytes <= 0 {
		p.SegmentBytes = 512 << 20
	}
	if p.MaxSegments <= 0 {
		p.MaxSegments = 32
	}
	if p.ExactRows <= 0 {
		p.ExactRows = 50_000_000
	}
	return p
}

// The types of a plan, which are DMS's parallel-load types; None is a table that is read whole.
const (
	None           = "none"
	PartitionsAuto = "partitions-auto"
	Ranges         = "ranges"
)

// Parallel is how the full load of a table is best split.
type Parallel struct {
	Table      string     `json:"table"`
	Type       string     `json:"type"`
	Columns    []string   `json:"columns,omitempty"`    // of ranges
	Boundaries [][]string `json:"boundaries,omitempty"` // of ranges: upper bounds, included, ascending
	// Rows is how many rows each range has, of those that were looked at: all, or a sample.
	Rows    []int64 `json:"rows,omitempty"`
	Sampled bool    `json:"sampled,omitempty"`
	Bytes   int64   `json:"bytes,omitempty"` // the table's size, as far as it is known
	Why     string  `json:"why"`             // why so and not otherwise
}

// candidate is a table that is worth splitting by a key.
type candidate struct {
	table    Table
	key      column
	segments int
	sample   float64 // percent of the blocks to read; 0 for all
	plan     *Parallel
}

// plan decides for each table that asks for it. The keys of all of them are read by one statement.
func (c *checker) plan(ctx context.Context, found dictionary) {
	p := c.needs.Planning.defaults()
	var plans []*Parallel
	var candidates []*candidate
	for _, t := range c.tables {
		d := found[t.key()]
		if !t.Parallel || d == nil {
			continue
		}
		plan := &Parallel{Table: t.String(), Type: None}
		plans = append(plans, plan)
		if x := c.consider(t, d, p, plan); x != nil {
			candidates = append(candidates, x)
		}
	}
	if len(candidates) > 0 {
		c.readTiles(ctx, candidates)
	}
	for _, plan := range plans {
		c.report.Parallel = append(c.report.Parallel, *plan)
	}
	slices.SortFunc(c.report.LOBs, byTable)
}

// consider settles what needs no look at the rows, and otherwise says by which key to look.
func (c *checker) consider(t Table, d *described, p Planning, plan *Parallel) *candidate {
	bytes, known := d.size()
	plan.Bytes = bytes
	switch {
	case d.partitioned:
		plan.Type, plan.Why = PartitionsAuto, "the table is partitioned"
		return nil
	case c.lost[queryColumns.name] || c.lost[queryKeys.name] || c.lost[queryIndexes.name]:
		plan.Why = "its columns and indexes could not be read"
		return nil
	case !known:
		plan.Why = "its size is not known: there are no statistics"
		c.found(Note, t, "", "oralake-no-statistics", gatherStatistics(t), "the table is read whole: %s", plan.Why)
		return nil
	case bytes < p.LargeBytes:
		plan.Why = fmt.Sprintf("it has %s, and is worth splitting from %s on", human(bytes), human(p.LargeBytes))
		return nil
	}
	key, why := rangeKey(d)
	if why != "" {
		plan.Why = why
		c.found(Note, t, "", "oralake-no-range-key", "parallel: {ranges: {columns: [NAME], boundaries: [[VALUE]]}}",
			"a table of %s is read by one thread: %s", human(bytes), why)
		return nil
	}
	x := &candidate{table: t, key: key, plan: plan}
	x.segments = int(min(max((bytes+p.SegmentBytes-1)/p.SegmentBytes, 2), int64(max(p.MaxSegments, 2))))
	if d.rows.Valid && d.rows.Int64 > p.ExactRows {
		// A tenth of the rows that are still read one by one is ample for so few boundaries.
		x.sample = max(100*float64(p.ExactRows)/10/float64(d.rows.Int64), 0.0001)
		plan.Sampled = true
	}
	return x
}

// human is a size for a person, in whole units.
func human(bytes int64) string {
	switch {
	case bytes >= 10<<30:
		return fmt.Sprintf("%d GB", bytes>>30)
	case bytes >= 10<<20:
		return fmt.Sprintf("%d MB", bytes>>20)
	default:
		return fmt.Sprintf("%d KB", kilobytes(bytes))
	}
}

// rangeKey picks the column by which a table is split: the first of an index, so that a range need not read the whole
// table, never null, since DMS leaves rows with a null in a range column out, and of a type that DMS takes
// (...SelectionTransformation.Tablesettings: no floating point, no LOBs). The primary key is preferred, then a unique
// index, then the column with the most values.
func rangeKey(d *described) (key column, why string) {
	type choice struct {
		column column
		rank   int
	}
	var choices []choice
	reasons := []string{}
	try := func(name string, rank int) {
		col, ok := d.column(name)
		if !ok || slices.ContainsFunc(choices, func(x choice) bool { return x.column.name == name }) {
			return
		}
		switch {
		case !rangeTypes.contain(col.kind):
			reasons = append(reasons, fmt.Sprintf("%s is of type %s", name, col.kind))
		case col.nullable:
			reasons = append(reasons, fmt.Sprintf("%s may be null, and DMS leaves rows with nulls in a range column out", name))
		case col.distinct.Valid && col.distinct.Int64 < 2:
			reasons = append(reasons, fmt.Sprintf("%s has one value only", name))
		default:
			choices = append(choices, choice{col, rank})
		}
	}
	if len(d.primary) > 0 {
		try(d.primary[0], 0)
	}
	for _, i := range d.indexes {
		rank := 2
		if i.unique {
			rank = 1
		}
		try(i.columns[0], rank)
	}
	if len(choices) == 0 {
		if len(reasons) == 0 {
			reasons = append(reasons, "it has no index")
		}
		return column{}, "no key to split it by: " + strings.Join(slices.Compact(reasons), "; ")
	}
	slices.SortStableFunc(choices, func(a, b choice) int {
		// A key with few values, such as a leading column COUNTRY, makes few and uneven ranges.
		fewA, fewB := a.column.distinct.Valid && a.column.distinct.Int64 < fewValues,
			b.column.distinct.Valid && b.column.distinct.Int64 < fewValues
		switch {
		case fewA != fewB && fewA:
			return 1
		case fewA != fewB:
			return -1
		case a.rank != b.rank:
			return a.rank - b.rank
		default:
			return int(min(max(b.column.distinct.Int64-a.column.distinct.Int64, -1), 1))
		}
	})
	return choices[0].column, ""
}

// fewValues is below how many distinct values a key is not a first choice.
const fewValues = 1000

// keyTypes are the types of range columns, with how a bound is written and how keys are put in order.
type keyTypes map[string]struct{ bound, order string }

func (k keyTypes) contain(kind string) bool { _, ok := k.of(kind); return ok }

// of finds a type; TIMESTAMP(6) is a TIMESTAMP, but not the types with a time zone, which DMS turns around.
func (k keyTypes) of(kind string) (struct{ bound, order string }, bool) {
	if strings.HasPrefix(kind, "TIMESTAMP(") && strings.HasSuffix(kind, ")") {
		kind = "TIMESTAMP"
	}
	t, ok := k[kind]
	return t, ok
}

// How DMS reads the text of a boundary is not documented for dates. This is the form in which its guide writes dates in
// filters, with the time of day added; a run in which DMS refuses it fails at once, with Oracle's ORA-01861.
var rangeTypes = func() keyTypes {
	const (
		number = `TO_CHAR(MAX(k), 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')`
		date   = `TO_CHAR(MAX(k), 'YYYY-MM-DD HH24:MI:SS')`
		text   = `TO_CHAR(MAX(k))`
		// A session sorts text as its language does, while it compares bytes. Ranges are compared.
		bytes = `NLSSORT(k, 'NLS_SORT=BINARY')`
	)
	return keyTypes{
		"NUMBER": {number, "k"}, "DATE": {date, "k"}, "TIMESTAMP": {date, "k"},
		"VARCHAR2": {text, bytes}, "NVARCHAR2": {text, bytes},
	}
}()

// finer is how many tiles are read for each range that is wanted.
const finer = 16

// statement reads the tiles of one key: the largest key of each with how many rows are below and up to it.
func (x *candidate) statement(n int) string {
	kind, _ := rangeTypes.of(x.key.kind)
	sample := ""
	if x.sample > 0 {
		sample = fmt.Sprintf(" SAMPLE BLOCK (%.4f)", x.sample)
	}
	return fmt.Sprintf(`SELECT %d AS n, tile, %s AS bound, MAX(below) AS below, MAX(upto) AS upto FROM (
  SELECT k, NTILE(%d) OVER (ORDER BY %[4]s) AS tile, RANK() OVER (ORDER BY %[4]s) - 1 AS below,
    COUNT(*) OVER (ORDER BY %[4]s) AS upto
  FROM (SELECT %[5]s AS k FROM %[6]s%[7]s))
GROUP BY tile`, n, kind.bound, x.segments*finer, kind.order, quote(x.key.name), x.table.sql(), sample)
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
	err := c.rows(ctx, strings.Join(branches, "\nUNION ALL\n"), nil, func(r *sql.Rows) error {
		var n, number, below, upto whole
		var bound text
		if err := r.Scan(&n, &number, &bound, &below, &upto); err != nil {
			return err
		}
		if n.Valid && n.Int64 < int64(len(candidates)) {
			tiles[n.Int64][number.Int64] = tile{bound.String, below.Int64, upto.Int64}
		}
		return nil
	})
	if err != nil {
		c.unknown(failure{queryTiles, err})
	}
	for i, x := range candidates {
		if err != nil {
			x.plan.Why = "its keys could not be read"
			continue
		}
		x.decide(tiles[i])
	}
}

func (x *candidate) decide(tiles map[int64]tile) {
	bounds, rows, why := split(inOrder(tiles), x.segments, writable(x.key.kind))
	p := x.plan
	if why == "" && !ascend(x.key.kind, bounds) {
		why = "the database puts its values in another order than it compares them in"
	}
	if why != "" {
		p.Why = fmt.Sprintf("%s does not split it: %s", x.key.name, why)
		return
	}
	p.Type, p.Columns, p.Rows = Ranges, []string{x.key.name}, rows
	for _, b := range bounds {
		if x.key.kind == "NUMBER" {
			b = number(b)
		}
		p.Boundaries = append(p.Boundaries, []string{b})
	}
	p.Why = fmt.Sprintf("it has %s in one piece, and %s is indexed and never null", human(p.Bytes), x.key.name)
}
