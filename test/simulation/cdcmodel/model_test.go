package cdcmodel_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/test/oracledb"
)

// rows are the rows of a table by key, in one text form for the source and the lake.
type rows map[string]string

// model has each table of the source at each SCN.
type model struct {
	db    *oracledb.Database
	first map[string][]oracledb.Change // the rows that each table has at the start, as inserts

	mu  sync.Mutex
	log []oracledb.Change // all changes of the redo log, also those that the source has deleted
}

func newModel(ctx context.Context, db *oracledb.Database) (*model, error) {
	m := &model{db: db, first: map[string][]oracledb.Change{}}
	for i := range tables {
		t := tableOf(tableName(i))
		columns, err := db.Columns(ctx, t)
		if err != nil {
			return nil, err
		}
		var names []string
		for _, c := range columns {
			names = append(names, "+"+oracledb.Quote(c.Name))
		}
		found, err := db.Select(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+t.String())
		if err != nil {
			return nil, err
		}
		for {
			values := make([]driver.Value, len(columns))
			if err := found.Next(values); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, err
			}
			m.first[t.Name] = append(m.first[t.Name], oracledb.Change{Op: oracledb.Insert, Columns: columns, Values: values})
		}
		if err := found.Close(); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// all returns the changes since the source was cloned.
func (m *model) all(ctx context.Context) ([]oracledb.Change, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := int64(0)
	if len(m.log) > 0 {
		last = m.log[len(m.log)-1].SCN
	}
	more, err := m.db.Changes(ctx, last, 1<<30)
	m.log = append(m.log, more...)
	return slices.Clone(m.log), err
}

// changes returns the changes of a table.
func (m *model) changes(ctx context.Context, table string) ([]oracledb.Change, error) {
	all, err := m.all(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(c oracledb.Change) bool { return c.Table.Name != table }), nil
}

// version is a table after a transaction.
type version struct {
	scn     int64 // of its last change
	rows    rows
	changed map[string]int64 // the SCN of the last change of each key
}

// versions returns all versions of a table in a view, oldest first.
func (m *model) versions(ctx context.Context, table string, v view) ([]version, error) {
	changes, err := m.changes(ctx, table)
	if err != nil {
		return nil, err
	}
	now := version{rows: rows{}, changed: map[string]int64{}}
	for _, c := range m.first[table] {
		if key, words := v.row(c); v.has(c) {
			now.rows[key] = words
		}
	}
	all := []version{now}
	for i, c := range changes {
		if i == 0 || changes[i-1].Transaction != c.Transaction {
			now = version{rows: maps.Clone(now.rows), changed: maps.Clone(now.changed)}
		}
		now.scn = c.SCN
		switch c.Op {
		case oracledb.Truncate, oracledb.Drop:
			for key := range now.rows {
				now.changed[key] = c.SCN
			}
			clear(now.rows)
		case oracledb.Insert, oracledb.Update, oracledb.Delete:
			key, words := v.row(c)
			now.rows[key], now.changed[key] = words, c.SCN
			if c.Op == oracledb.Delete || !v.has(c) {
				delete(now.rows, key)
			}
		}
		if i == len(changes)-1 || changes[i+1].Transaction != c.Transaction {
			all = append(all, now)
		}
	}
	return all, nil
}

// row returns the text form of a row of the source in a view. It leaves out nulls, since the lake may not have their columns.
func (of view) row(change oracledb.Change) (key, words string) {
	values := change.Values
	var keys, all []string
	for i, c := range change.Columns {
		if slices.Contains(of.exclude, c.Name) {
			continue
		}
		v := any(values[i])
		if s, ok := v.(string); ok && (c.Type.Name == "DATE" || c.Type.Name == "TIMESTAMP") {
			v = moment(s)
		}
		if v == nil {
			continue
		}
		word := c.Name + "=" + valueText(v)
		if c.Key > 0 {
			keys = append(keys, word)
		}
		all = append(all, word)
	}
	slices.Sort(all)
	slices.Sort(keys)
	return strings.Join(keys, " "), strings.Join(all, " ")
}

// rebuilt returns the rows of a table of the lake.
func rebuilt(t *lake.Table, keys []string) rows {
	found := rows{}
	for _, values := range t.Rows {
		var key, all []string
		for i, v := range values {
			if v == nil {
				continue
			}
			word := t.Columns[i] + "=" + valueText(v)
			if slices.Contains(keys, t.Columns[i]) {
				key = append(key, word)
			}
			all = append(all, word)
		}
		slices.Sort(all)
		slices.Sort(key)
		found[strings.Join(key, " ")] = strings.Join(all, " ")
	}
	return found
}

// moment parses a DATE or TIMESTAMP in the format of the source.
func moment(s string) time.Time {
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	panic("the source has a time " + s)
}

func valueText(v any) string {
	switch v := v.(type) {
	case int64:
		return fmt.Sprint(v)
	case float64:
		return number(fmt.Sprint(v))
	case lake.Decimal:
		return number(string(v))
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	default:
		return fmt.Sprintf("%q", v)
	}
}

func number(s string) string {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(r.FloatString(6), "0"), ".")
}
