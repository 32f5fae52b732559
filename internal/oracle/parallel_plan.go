package oracle

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Planning says when a table is worth splitting, and into how much.
type Planning struct {
	LargeBytes   int64 // tables below this stay whole; default 1 GiB
	SegmentBytes int64 // a range is to be about as large; default 512 MiB
	MaxSegments  int   // at most so many ranges; default 32
	// ExactRows is up to how many rows every key is looked at, in all tables together, since one statement reads them
	// all; of larger tables, a sample. Default 20 million.
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
		p.ExactRows = 20_000_000
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
	rows     int64   // about
	sample   float64 // percent of the blocks to read; 0 for all
	plan     *Parallel
	disorder bool // of text: it is not compared by its bytes
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
		c.sample(candidates, p)
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
	key, why := rangeKey(d, t.Exclude)
	if why != "" {
		plan.Why = why
		c.found(Note, t, "", "oralake-no-range-key", "parallel: {ranges: {columns: [NAME], boundaries: [[VALUE]]}}",
			"a table of %s is read by one thread: %s", human(bytes), why)
		return nil
	}
	x := &candidate{table: t, key: key, plan: plan, rows: d.about(bytes)}
	x.segments = int(min(max((bytes+p.SegmentBytes-1)/p.SegmentBytes, 2), int64(max(p.MaxSegments, 2))))
	return x
}

// sample settles of which tables a part is read.
func (c *checker) sample(candidates []*candidate, p Planning) {
	share := p.ExactRows / int64(len(candidates))
	for _, x := range candidates {
		if x.rows <= share {
			continue
		}
		// A tenth of the rows that are still read one by one is ample for so few boundaries.
		percent := 100 * float64(max(share/10, leastSample)) / float64(x.rows)
		if percent < 50 {
			x.sample, x.plan.Sampled = max(percent, 0.0001), true
		}
	}
}

// leastSample is how many rows a sample is to have for about 500 tiles.
const leastSample = 50_000

// about is how many rows a table has: those of its statistics, or as many as its size says if that is more. Statistics
// are missing, or from when the table was empty.
func (d *described) about(bytes int64) int64 {
	length := d.rowLength.Int64
	if length <= 0 {
		length = 100
	}
	return max(d.rows.Int64, bytes/length)
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
func rangeKey(d *described, exclude []string) (key column, why string) {
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
		case col.virtual:
			reasons = append(reasons, name+" is virtual")
		case col.hidden:
			reasons = append(reasons, name+" is invisible")
		case slices.Contains(exclude, name):
			reasons = append(reasons, name+" is excluded")
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
		if len(i.columns) > 0 { // a view may leave the position empty
			try(i.columns[0], rank)
		}
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
