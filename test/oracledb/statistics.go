package oracledb

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// statistics are the size of a table in the dictionary.
type statistics struct {
	rows, bytes int64
}

// rowLength is the average length of a row in bytes.
func (s statistics) rowLength() int64 {
	if s.rows == 0 {
		return 0
	}
	return s.bytes / s.rows
}

// gathered are the statistics of tables. The first query of a table gathers its statistics.
type gathered struct {
	mu     sync.Mutex
	tables map[Table]statistics
}

// gather returns the sizes of tables. It reads each table only once, because counting reads all rows. In Oracle,
// DBMS_STATS also runs only from time to time.
func (d *Database) gather(ctx context.Context, tables []Table) (map[Table]statistics, error) {
	g := &d.gathered
	g.mu.Lock()
	defer g.mu.Unlock()
	missing := slices.DeleteFunc(slices.Clone(tables), func(t Table) bool { _, known := g.tables[t]; return known })
	if g.tables == nil {
		g.tables = map[Table]statistics{}
	}
	pages := map[Table]int64{}
	for _, schema := range d.schemas {
		if !slices.ContainsFunc(missing, func(t Table) bool { return t.Schema == schema }) {
			continue
		}
		sizes, err := d.all(ctx, "SELECT name, pgsize FROM dbstat(?, 1)", schema)
		if err != nil {
			return nil, fmt.Errorf("gather statistics of schema %s: %w", schema, err)
		}
		for _, size := range sizes {
			pages[Table{schema, fmt.Sprint(size[0])}], _ = size[1].(int64)
		}
	}
	for _, t := range missing {
		rows, err := d.Count(ctx, t)
		if err != nil {
			return nil, fmt.Errorf("gather statistics: %w", err)
		}
		g.tables[t] = statistics{rows: rows, bytes: pages[t]}
	}
	all := make(map[Table]statistics, len(tables))
	for _, t := range tables {
		all[t] = g.tables[t]
	}
	return all, nil
}

// julianDay is a time in days, as SQLite's function julianday counts them.
func julianDay(at time.Time) float64 {
	const epoch = 2440587.5 // 1970-01-01
	return epoch + float64(at.UnixMilli())/float64(24*time.Hour/time.Millisecond)
}
