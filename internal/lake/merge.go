package lake

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/internal/department"
)

// merge combines the rows of all files of a table.
type merge struct {
	keys []string
	met  Met

	columns []string
	index   map[string]int // the positions of the columns, by name

	// For the file that is being read:
	at  []int // the positions of its columns in the table
	key []int // the positions of the key in its rows

	loaded  map[string]*loadedRow // by key
	order   []*loadedRow          // the rows of a table without a key
	changes map[changeID]*change
	buffer  []byte
}

// loadedRow is a row of a full load. time is the start of its load.
type loadedRow struct {
	time   string
	values []any
}

// changeID identifies a change.
type changeID struct{ key, scn string }

// change is a change of a row at one SCN, with all its copies.
type change struct {
	first, last string // the lowest and the highest sequence of the copies
	op          string // the operation of the last copy
	values      []any  // the values of the last copy; nil for a delete
}

func newMerge(keys []string) *merge {
	return &merge{keys: keys, index: map[string]int{}, loaded: map[string]*loadedRow{}, changes: map[changeID]*change{}}
}

// begin starts a file with the given columns of the source.
func (m *merge) begin(columns []string) error {
	m.met.Files++
	m.at, m.key = nil, nil
	for _, name := range columns {
		if _, ok := m.index[name]; !ok {
			m.index[name] = len(m.columns)
			m.columns = append(m.columns, name)
		}
		m.at = append(m.at, m.index[name])
	}
	for _, key := range m.keys {
		i := slices.Index(columns, key)
		if i < 0 {
			return fmt.Errorf("it has no column %s, which belongs to the table's key", key)
		}
		m.key = append(m.key, i)
	}
	return nil
}

// load adds a row of a full load.
func (m *merge) load(r record) error {
	if r.headers[headerSequence] != "" {
		return fmt.Errorf("a row of a full load has %s %s, which only changes have",
			department.ColumnSequence, r.headers[headerSequence])
	}
	if op := r.headers[headerOp]; op != "" && op != "I" {
		return fmt.Errorf("a row of a full load has %s %s, not I", department.ColumnOp, op)
	}
	m.met.LoadRows++
	row := &loadedRow{r.headers[headerTime], m.arrange(r.values)}
	if len(m.keys) == 0 {
		m.order = append(m.order, row)
		return nil
	}
	key, err := m.keyOf(r)
	if err != nil {
		return err
	}
	if before, ok := m.loaded[key]; ok {
		m.met.LoadedTwice++
		if before.time > row.time {
			return nil
		}
	}
	m.loaded[key] = row
	return nil
}

// change adds a row of a change.
func (m *merge) change(r record) error {
	op, scn, sequence := r.headers[headerOp], r.headers[headerSCN], r.headers[headerSequence]
	switch {
	case len(m.keys) == 0:
		return errors.New("it has changes, which cannot be applied without the table's key; name the key's columns")
	case op != "I" && op != "U" && op != "D":
		return fmt.Errorf("a change has %s %q, not I, U or D", department.ColumnOp, op)
	case scn == "" || sequence == "":
		return fmt.Errorf("a change has no %s or no %s, so its place in the order is not known; deploy the department "+
			"and reload the table", department.ColumnSCN, department.ColumnSequence)
	}
	key, err := m.keyOf(r)
	if err != nil {
		return err
	}
	values := m.arrange(r.values)
	if op == "D" {
		values = nil
	}
	id := changeID{key, scn}
	c, ok := m.changes[id]
	if !ok {
		m.met.Changes++
		m.changes[id] = &change{sequence, sequence, op, values}
		return nil
	}
	m.met.Duplicates++
	c.first = min(c.first, sequence)
	if sequence >= c.last {
		c.last, c.op, c.values = sequence, op, values
	}
	return nil
}

func (m *merge) keyOf(r record) (string, error) {
	m.buffer = m.buffer[:0]
	for i, at := range m.key {
		if r.values[at] == nil {
			return "", fmt.Errorf("column %s of the table's key is null", m.keys[i])
		}
		var err error
		if m.buffer, err = appendKey(m.buffer, r.values[at]); err != nil {
			return "", fmt.Errorf("column %s: %w", m.keys[i], err)
		}
	}
	return string(m.buffer), nil
}

// arrange returns the values of a row of the file in the order of the table's columns.
func (m *merge) arrange(values []any) []any {
	inPlace := true
	for i, at := range m.at {
		inPlace = inPlace && i == at
	}
	if inPlace {
		return values
	}
	row := make([]any, len(m.columns))
	for i, v := range values {
		row[m.at[i]] = v
	}
	return row
}

// before reports whether c is earlier in the order than another change.
func (c *change) before(other *change) bool {
	return cmp.Or(strings.Compare(c.first, other.first), strings.Compare(c.last, other.last)) < 0
}

// table applies all changes to the loaded rows and returns the result.
func (m *merge) table() *Table {
	last := map[string]*change{} // of each key
	for id, c := range m.changes {
		if before, ok := last[id.key]; !ok || before.before(c) {
			last[id.key] = c
		}
	}
	rows := m.loaded
	for key, c := range last {
		if c.op == "D" {
			delete(rows, key)
		} else {
			rows[key] = &loadedRow{values: c.values}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		m.order = append(m.order, rows[key])
	}
	t := &Table{Columns: m.columns, Met: m.met}
	for _, row := range m.order {
		for len(row.values) < len(m.columns) {
			row.values = append(row.values, nil)
		}
		t.Rows = append(t.Rows, row.values)
	}
	return t
}
