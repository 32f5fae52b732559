package oracle

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync"
)

// The values of RowCount.Status. Differing is certain: rows are missing or too many. Inconclusive means that the counts do
// not show whether all rows were loaded.
const (
	Equal        = "equal"
	Differing    = "differing"
	Inconclusive = "inconclusive"
)

// LoadedTable is a table after a full load.
type LoadedTable struct {
	Table  Table
	Loaded int64  // the number of loaded rows, DMS's FullLoadRows
	Files  *int64 // the number of rows in the files; nil if they were not counted
}

// RowCount compares the rows of a table at the source with the rows that were loaded.
type RowCount struct {
	Table  string `json:"table"`
	Status string `json:"status"` // Equal, Differing or Inconclusive
	// Before is the number of rows at the source at the SCN before the load; nil if it was not counted.
	Before *int64 `json:"before,omitempty"`
	// After is the number of rows at the source now, after the load; nil if it was not counted.
	After  *int64 `json:"after,omitempty"`
	Loaded int64  `json:"loaded"` // DMS's FullLoadRows
	Files  *int64 `json:"files,omitempty"`
	Why    string `json:"why,omitempty"` // the reason for a status that is not Equal
}

// CurrentSCN returns the database's system change number. Call it immediately before a load starts, and pass the result to
// Verify after the load.
func CurrentSCN(ctx context.Context, db Pool) (int64, error) {
	var scn whole
	s := &session{db: db, limit: Needs{}.queryTime()}
	err := s.rows(ctx, querySCN, nil, func(r *sql.Rows) error { return r.Scan(&scn) })
	switch {
	case err != nil:
		return 0, fmt.Errorf("read the database's SCN: %s", firstLine(err))
	case scn.Int64 <= 0:
		return 0, fmt.Errorf("read the database's SCN: V$DATABASE has none")
	}
	return scn.Int64, nil
}

// The limits of the counts, so that they stay a small part of a production database's work.
const (
	// parallelCounts is the number of tables that are counted at the same time.
	parallelCounts = 2
	// mostCounted is the largest number of loaded rows of a table that is counted.
	mostCounted = 500_000_000
)

// Verify counts the rows of tables at the source as of an SCN, and compares them with the rows that were loaded. scn is 0 if
// the SCN before the load is not known.
//
// If a count differs, Verify also counts the rows now. DMS reads each table some time after the SCN. So the difference
// proves nothing if the table changed in the meantime. If both counts are equal, Verify asks Oracle whether any row changed.
//
// Each count is one statement. needs.QueryTime limits its time. A count that takes longer is not made again. Several
// goroutines use db.
func Verify(ctx context.Context, db Pool, loaded []LoadedTable, scn int64, needs Needs) []RowCount {
	kinds, err := columnTypes(ctx, db, loaded, needs)
	counts := make([]RowCount, len(loaded))
	var counting sync.WaitGroup
	slots := make(chan struct{}, parallelCounts)
	for i, a := range loaded {
		counts[i] = RowCount{Table: a.Table.String(), Loaded: a.Loaded, Files: a.Files}
		if err != nil && len(a.Table.Filters) > 0 {
			counts[i].inconclusive("the types of the filter's columns could not be read: %s", firstLine(err))
			continue
		}
		counting.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			c := counter{session: &session{db: db, limit: needs.queryTime()}, loaded: a, kinds: kinds[a.Table.key()]}
			c.verify(ctx, scn, &counts[i])
		})
	}
	counting.Wait()
	return counts
}

// columnTypes returns the types of the columns of all tables with filters.
func columnTypes(ctx context.Context, db Pool, loaded []LoadedTable, needs Needs) (map[tableKey]map[string]string, error) {
	var filtered []Table
	for _, a := range loaded {
		if len(a.Table.Filters) > 0 {
			filtered = append(filtered, a.Table)
		}
	}
	kinds := map[tableKey]map[string]string{}
	if len(filtered) == 0 {
		return kinds, nil
	}
	s := &session{db: db, limit: needs.queryTime()}
	at := map[tableKey]*tableInfo{}
	for _, t := range filtered {
		at[t.key()] = &tableInfo{}
	}
	err := s.ofTables(ctx, queryColumns, filtered, func(r *sql.Rows) error {
		return readColumn(r, func(schema, name string) *tableInfo { return at[tableKey{schema, name}] })
	})
	for key, d := range at {
		kinds[key] = map[string]string{}
		for _, c := range d.columns {
			kinds[key][c.name] = c.kind
		}
	}
	return kinds, err
}

// counter counts one table.
type counter struct {
	*session
	loaded LoadedTable
	kinds  map[string]string // the columns' types
	// filterDoubt is why DMS may keep other rows with the filter than this count. It is empty if both keep the same rows.
	filterDoubt string
}

func (c *counter) verify(ctx context.Context, scn int64, p *RowCount) {
	if p.Files != nil && *p.Files != p.Loaded {
		p.Status, p.Why = Differing, fmt.Sprintf("the files have %d rows, and DMS reports %d loaded rows", *p.Files, p.Loaded)
		return
	}
	if p.Loaded > mostCounted {
		p.inconclusive("the table has %d rows, and tables of more than %d are not counted", p.Loaded, mostCounted)
		return
	}
	flashback := error(nil)
	if scn > 0 {
		before, err := c.count(ctx, scn)
		if err == nil {
			p.Before = &before
			if before == p.Loaded {
				p.Status = Equal
				return
			}
		}
		if errors.Is(err, errSlow) || errors.Is(err, context.DeadlineExceeded) {
			p.inconclusive("the rows at the source could not be counted in %s; they are not counted again", c.limit)
			return
		}
		flashback = err
	}
	after, err := c.count(ctx, 0)
	if err != nil {
		p.inconclusive("the rows at the source could not be counted: %s", firstLine(err))
		return
	}
	p.After = &after
	switch {
	case c.filterDoubt != "" && after != p.Loaded:
		p.inconclusive("the source has %d rows now, and %d were loaded: %s", after, p.Loaded, c.filterDoubt)
	case p.Before != nil && *p.Before == after:
		c.judgeSameCounts(ctx, scn, p)
	case p.Before != nil:
		p.inconclusive("the table changed during the load: it had %d rows before and has %d now, and %d were loaded",
			*p.Before, after, p.Loaded)
	case after == p.Loaded:
		p.Status = Equal
	case flashback != nil:
		p.inconclusive("the source has %d rows now, and %d were loaded; the number before the load is not known: %s",
			after, p.Loaded, flashbackReason(flashback))
	default:
		p.inconclusive("the source has %d rows now, and %d were loaded; the SCN before the load is not known", after, p.Loaded)
	}
}

// judgeSameCounts judges a table that has the same number of rows now as before the load, and of which another number was
// loaded. The counts differ for certain only if no row changed: a queue gains as many rows as it loses.
func (c *counter) judgeSameCounts(ctx context.Context, scn int64, p *RowCount) {
	const numbers = "the source has %d rows, now and before the load, and %d were loaded"
	changed, err := c.changes(ctx, scn)
	switch {
	case err != nil:
		p.inconclusive(numbers+"; whether rows were replaced meanwhile is not known: %s", *p.After, p.Loaded, flashbackReason(err))
	case changed > 0:
		p.inconclusive(numbers+"; %d versions of rows changed meanwhile", *p.After, p.Loaded, changed)
	default:
		p.Status, p.Why = Differing, fmt.Sprintf(numbers+"; no row changed meanwhile", *p.After, p.Loaded)
	}
}

// changes counts the versions of rows that an insert, update or delete has made since an SCN (Oracle Database SQL Language
// Reference, Version Query Pseudocolumns). It ignores the table's filters: a change may move a row into a filter or out of it.
func (c *counter) changes(ctx context.Context, scn int64) (int64, error) {
	statement := fmt.Sprintf("SELECT COUNT(*) FROM %s VERSIONS BETWEEN SCN %d AND MAXVALUE WHERE VERSIONS_OPERATION IS NOT NULL",
		c.loaded.Table.sql(), scn)
	var n whole
	err := c.rows(ctx, queryChanges.with(statement), nil, func(r *sql.Rows) error { return r.Scan(&n) })
	return n.Int64, err
}

func (p *RowCount) inconclusive(format string, args ...any) {
	p.Status, p.Why = Inconclusive, fmt.Sprintf(format, args...)
}

// flashbackReason explains why Oracle cannot count a table as of an SCN.
func flashbackReason(err error) string {
	switch codeOf(err) {
	case snapshotTooOld:
		return "Oracle no longer has the undo data of that time (ORA-01555); a longer UNDO_RETENTION keeps it"
	case badLowerLimit:
		return "Oracle no longer has the undo data of that time (ORA-30052); a longer UNDO_RETENTION keeps it"
	case badSCN, noSnapshot:
		return "Oracle no longer knows that SCN (ORA-08180, ORA-08181)"
	case tableChanged:
		return "the table's definition has changed since that time (ORA-01466)"
	case noPrivilege, noPrivileges:
		return "the user may not read old data (ORA-01031); GRANT FLASHBACK ON the table to the user"
	default:
		return firstLine(err)
	}
}

func (c *counter) count(ctx context.Context, scn int64) (int64, error) {
	statement := "SELECT COUNT(*) FROM " + c.loaded.Table.sql()
	if scn > 0 {
		statement += " AS OF SCN " + strconv.FormatInt(scn, 10)
	}
	condition, args, err := c.condition()
	if err != nil {
		return 0, err
	}
	var n whole
	err = c.rows(ctx, queryCount.with(statement+condition), args, func(r *sql.Rows) error { return r.Scan(&n) })
	return n.Int64, err
}
