package oracle

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Planning says which tables a plan splits, and into how many ranges.
type Planning struct {
	LargeBytes   int64 // the size from which a table is split; default 1 GiB
	SegmentBytes int64 // the intended size of a range; default 512 MiB
	MaxSegments  int   // the largest number of ranges; default 32
	// ExactRows is the number of keys that the planning statement reads for all tables together. A table with more rows
	// than its share is sampled: see sampleBlocks. The default is 2 million.
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
		p.ExactRows = 2_000_000
	}
	return p
}

// mostPartitions is the largest number of partitions with which a table is split by them: DMS loads each as a segment of its
// own, with its own query and files.
const mostPartitions = 500

// The types of a plan. PartitionsAuto and Ranges are DMS's parallel-load types. None means that the table is not split.
const (
	None           = "none"
	PartitionsAuto = "partitions-auto"
	Ranges         = "ranges"
)

// Parallel is the plan for the full load of a table.
type Parallel struct {
	Table      string     `json:"table"`
	Type       string     `json:"type"`
	Columns    []string   `json:"columns,omitempty"`    // for ranges
	Boundaries [][]string `json:"boundaries,omitempty"` // for ranges: ascending upper bounds, which the ranges include
	// Rows is the number of rows that were read in each range: all rows, or those of a sample.
	Rows    []int64 `json:"rows,omitempty"`
	Sampled bool    `json:"sampled,omitempty"` // Rows are from a sample
	Bytes   int64   `json:"bytes,omitempty"`   // the table's size; 0 if it is not known
	Why     string  `json:"why"`               // the reason for the plan
}

// candidate is a large table that may be split into ranges of a key.
type candidate struct {
	table    Table
	key      column
	segments int   // the intended number of ranges
	rows     int64 // an estimate
	bytes    int64 // of the table
	blocks   int64 // of the table
	// partitions is the number of the table's partitions; 0 if it is not partitioned.
	partitions int64
	sample     float64 // percent of the blocks to read; 0 for all
	plan       *Parallel
	disorder   bool // the database compares the key's values in another order than that of their bytes
}

// plan makes a plan for each table that needs one. One statement reads the keys of all candidates: at most ExactRows of them.
func (c *checker) plan(ctx context.Context, found dictionary) {
	p := c.needs.Planning.defaults()
	var plans []*Parallel
	var candidates []*candidate
	for _, t := range c.tables {
		d := found[t.key()]
		if !t.Parallel || d == nil || d.unreadable {
			continue
		}
		plan := &Parallel{Table: t.String(), Type: None}
		plans = append(plans, plan)
		if x := c.choosePlan(t, d, p, plan); x != nil {
			candidates = append(candidates, x)
		}
	}
	candidates = largest(candidates)
	if len(candidates) > 0 {
		for _, x := range candidates {
			x.takeSample(p.ExactRows/int64(len(candidates)), sampleBlocks/int64(len(candidates)))
		}
		c.readTiles(ctx, candidates)
	}
	for _, plan := range plans {
		c.report.Parallel = append(c.report.Parallel, *plan)
	}
	slices.SortFunc(c.report.LOBs, byTable)
}

// choosePlan completes the plan if it needs no key values, and returns nil. Otherwise it returns a candidate with the key
// that must be read.
func (c *checker) choosePlan(t Table, d *tableInfo, p Planning, plan *Parallel) *candidate {
	bytes, known := d.size()
	plan.Bytes = bytes
	switch {
	case d.partitioned && !known:
		plan.Type, plan.Why = PartitionsAuto, "the table is partitioned, and its size is not known"
		return nil
	case d.partitioned && bytes >= p.LargeBytes && d.segments.Int64 <= mostPartitions:
		plan.Type, plan.Why = PartitionsAuto, fmt.Sprintf("the table of %s is partitioned", formatBytes(bytes))
		return nil
	case c.lost[queryColumns.name] || c.lost[queryKeys.name] || c.lost[queryIndexColumns.name]:
		plan.Why = "its columns and indexes are not known"
		return nil
	case !known:
		plan.Why = "its size is not known: there are no statistics"
		c.found(Note, t, "", "oralake-no-statistics", gatherStatistics(t), "the table is not split: %s", plan.Why)
		return nil
	case bytes < p.LargeBytes:
		plan.Why = fmt.Sprintf("it has %s, and only tables from %s are split", formatBytes(bytes), formatBytes(p.LargeBytes))
		return nil
	}
	key, why := rangeKey(d, t.Exclude)
	if why != "" {
		plan.Why = why
		c.found(Note, t, "", "oralake-no-range-key", "parallel: {ranges: {columns: [NAME], boundaries: [[VALUE]]}}",
			"DMS reads the table of %s with one thread: %s", formatBytes(bytes), why)
		return nil
	}
	x := &candidate{table: t, key: key, plan: plan, rows: d.estimatedRows(bytes), bytes: bytes, blocks: d.blocks.Int64}
	if x.blocks <= 0 {
		x.blocks = max(bytes/defaultBlock, 1)
	}
	if d.partitioned {
		x.partitions = d.segments.Int64
	}
	x.segments = int(min(max((bytes+p.SegmentBytes-1)/p.SegmentBytes, 2), int64(max(p.MaxSegments, 2))))
	return x
}

// estimatedRows returns about how many rows a table has: the number of its statistics, or the number that follows from its
// size if that is larger. Statistics may be missing, or may be from a time when the table was empty.
func (d *tableInfo) estimatedRows(bytes int64) int64 {
	length := d.rowLength.Int64
	if length <= 0 {
		length = 100
	}
	return max(d.rows.Int64, bytes/length)
}

// formatBytes returns a size for a message, in whole units.
func formatBytes(bytes int64) string {
	switch {
	case bytes >= 10<<30:
		return fmt.Sprintf("%d GB", bytes>>30)
	case bytes >= 10<<20:
		return fmt.Sprintf("%d MB", bytes>>20)
	default:
		return fmt.Sprintf("%d KB", kilobytes(bytes))
	}
}

// rangeKey chooses the column whose ranges split a table. It is the first column of an index, so a range does not read the
// whole table. It is never null, because DMS does not load rows with a null in a range column. And DMS supports its type
// (...SelectionTransformation.Tablesettings: no floating point, no LOBs). rangeKey prefers the primary key, then a unique
// index, then the column with the most values. If there is no such column, why says so.
func rangeKey(d *tableInfo, exclude []string) (key column, why string) {
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
			reasons = append(reasons, fmt.Sprintf("%s may be null, and DMS does not load rows with a null in a range column", name))
		case col.distinct.Valid && col.distinct.Int64 < 2:
			reasons = append(reasons, fmt.Sprintf("%s has only one value", name))
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
		if len(i.columns) > 0 { // the dictionary may have no position for a column
			try(i.columns[0], rank)
		}
	}
	if len(choices) == 0 {
		if len(reasons) == 0 {
			reasons = append(reasons, "it has no index")
		}
		return column{}, "it has no key for ranges: " + strings.Join(slices.Compact(reasons), "; ")
	}
	slices.SortStableFunc(choices, func(a, b choice) int {
		// A key with few values, such as COUNTRY, gives few ranges of very different sizes.
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

// fewValues is the number of distinct values below which a key is chosen only if there is no better one.
const fewValues = 1000
