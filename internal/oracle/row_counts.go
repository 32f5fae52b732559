package oracle

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"sync"
)

// The words of a proof of arrival.
const (
	Equal        = "equal"
	Differing    = "differing"
	Inconclusive = "inconclusive"
)

// LoadedTable is a table after a full load.
type LoadedTable struct {
	Table  Table
	Loaded int64  // DMS's FullLoadRows
	Files  *int64 // rows in the files, if somebody counted them
}

// RowCount says whether a table arrived whole.
type RowCount struct {
	Table  string `json:"table"`
	Status string `json:"status"` // Equal, Differing or Inconclusive
	// Before is how many rows the source had at SCN, and After how many it has now; nil if not counted.
	Before *int64 `json:"before,omitempty"`
	After  *int64 `json:"after,omitempty"`
	Loaded int64  `json:"loaded"`
	Files  *int64 `json:"files,omitempty"`
	Why    string `json:"why,omitempty"` // of a word that is not Equal
}

// CurrentSCN is the database's system change number: take it just before a load starts, and give it to Verify after.
func CurrentSCN(ctx context.Context, db Queryer) (int64, error) {
	var scn whole
	s := &session{db: db, limit: Needs{}.queryTime()}
	err := s.rows(ctx, `SELECT current_scn FROM v$database`, nil, func(r *sql.Rows) error { return r.Scan(&scn) })
	switch {
	case err != nil:
		return 0, fmt.Errorf("read the database's SCN: %s", firstLine(err))
	case scn.Int64 <= 0:
		return 0, fmt.Errorf("read the database's SCN: it has none")
	}
	return scn.Int64, nil
}

// atOnce is how many tables are counted at once.
const atOnce = 4

// Verify counts tables at the source, as of an SCN, and compares the counts with what arrived. An SCN of 0 is one that
// could not be taken. A count that differs is made again without the SCN: DMS reads each table when its turn comes, so
// if the table changed meanwhile, the difference proves nothing. db is used by several goroutines.
//
// It counts one table by one statement, bounded by needs.QueryTime.
func Verify(ctx context.Context, db Queryer, arrivals []LoadedTable, scn int64, needs Needs) []RowCount {
	kinds, err := columnTypes(ctx, db, arrivals, needs)
	proofs := make([]RowCount, len(arrivals))
	var counting sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i, a := range arrivals {
		proofs[i] = RowCount{Table: a.Table.String(), Loaded: a.Loaded, Files: a.Files}
		if err != nil && len(a.Table.Filters) > 0 {
			proofs[i].doubt("the types of the filter's columns are not known: %s", firstLine(err))
			continue
		}
		counting.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			c := counter{session: &session{db: db, limit: needs.queryTime()}, arrival: a, kinds: kinds[a.Table.key()]}
			c.verify(ctx, scn, &proofs[i])
		})
	}
	counting.Wait()
	return proofs
}

// columnTypes are the types of the columns that filters name.
func columnTypes(ctx context.Context, db Queryer, arrivals []LoadedTable, needs Needs) (map[tableKey]map[string]string, error) {
	var filtered []Table
	for _, a := range arrivals {
		if len(a.Table.Filters) > 0 {
			filtered = append(filtered, a.Table)
		}
	}
	kinds := map[tableKey]map[string]string{}
	if len(filtered) == 0 {
		return kinds, nil
	}
	s := &session{db: db, limit: needs.queryTime()}
	at := map[tableKey]*described{}
	for _, t := range filtered {
		at[t.key()] = &described{}
	}
	err := s.ofTables(ctx, queryColumns, filtered, func(r *sql.Rows) error {
		return readColumn(r, func(schema, name string) *described { return at[tableKey{schema, name}] })
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
	arrival LoadedTable
	kinds   map[string]string // of the columns
	unsure  string            // why the filter may keep other rows for DMS than here; empty if it does not
}

func (c *counter) verify(ctx context.Context, scn int64, p *RowCount) {
	if p.Files != nil && *p.Files != p.Loaded {
		p.Status, p.Why = Differing, fmt.Sprintf("the files have %d rows, and DMS says that it loaded %d", *p.Files, p.Loaded)
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
		flashback = err
	}
	after, err := c.count(ctx, 0)
	if err != nil {
		p.doubt("the source could not be counted: %s", firstLine(err))
		return
	}
	p.After = &after
	switch {
	case c.unsure != "" && after != p.Loaded:
		p.doubt("the source has %d rows now, and %d were loaded: %s", after, p.Loaded, c.unsure)
	case p.Before != nil && *p.Before == after:
		p.Status = Differing
		p.Why = fmt.Sprintf("the source had %d rows before the load and has as many now, and %d were loaded", after, p.Loaded)
	case p.Before != nil:
		p.doubt("the table changed while it was loaded: it had %d rows before and has %d now, and %d were loaded",
			*p.Before, after, p.Loaded)
	case after == p.Loaded:
		p.Status = Equal
	case flashback != nil:
		p.doubt("the source has %d rows now, and %d were loaded; how many it had then cannot be told: %s",
			after, p.Loaded, past(flashback))
	default:
		p.doubt("the source has %d rows now, and %d were loaded; no SCN was taken before the load", after, p.Loaded)
	}
}

func (p *RowCount) doubt(format string, args ...any) {
	p.Status, p.Why = Inconclusive, fmt.Sprintf(format, args...)
}

// past is why a table cannot be counted as it was.
func past(err error) string {
	switch codeOf(err) {
	case snapshotTooOld:
		return "Oracle no longer has the undo of that time (ORA-01555); a longer UNDO_RETENTION keeps it"
	case badSCN:
		return "Oracle no longer knows that SCN (ORA-08181)"
	case tableChanged:
		return "the table's definition changed since (ORA-01466)"
	case noPrivilege:
		return "the user may not look back (ORA-01031); GRANT FLASHBACK ON the table to the user"
	default:
		return firstLine(err)
	}
}

func (c *counter) count(ctx context.Context, scn int64) (int64, error) {
	statement := "SELECT COUNT(*) FROM " + c.arrival.Table.sql()
	if scn > 0 {
		statement += " AS OF SCN " + strconv.FormatInt(scn, 10)
	}
	condition, args, err := c.condition()
	if err != nil {
		return 0, err
	}
	var n whole
	err = c.rows(ctx, statement+condition, args, func(r *sql.Rows) error { return r.Scan(&n) })
	return n.Int64, err
}
