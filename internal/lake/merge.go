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

	timeKey bool             // the key has a timestamp
	shared  map[string][]any // by key, the values of keys that two rows seem to have
}

// loadedRow is a row of a full load. time is the start of its load, and file is the number of its file.
type loadedRow struct {
	time   string
	file   int
	values []any
}

// changeID identifies a change.
type changeID struct{ key, scn string }

// change is a change of a row at one SCN, with all its copies.
type change struct {
	first  string // the lowest sequence of the copies
	copies []changedRow
}

// changedRow is a copy of a change.
type changedRow struct {
	first    string // of its change
	sequence string
	op       string
	values   []any
}

func newMerge(keys []string) *merge {
	return &merge{
		keys: keys, index: map[string]int{}, loaded: map[string]*loadedRow{}, changes: map[changeID]*change{},
		shared: map[string][]any{},
	}
}

// begin starts a file.
func (m *merge) begin(f *file) error {
	m.met.Files++
	m.at, m.key = nil, nil
	for _, name := range f.columns {
		if _, ok := m.index[name]; !ok {
			m.index[name] = len(m.columns)
			m.columns = append(m.columns, name)
		}
		m.at = append(m.at, m.index[name])
	}
	for _, key := range m.keys {
		i := slices.Index(f.columns, key)
		if i < 0 {
			return fmt.Errorf("it has no column %s, which belongs to the table's key", key)
		}
		m.key = append(m.key, i)
		m.timeKey = m.timeKey || f.times[i]
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
	row := &loadedRow{r.headers[headerTime], m.met.Files, m.arrange(r.values)}
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
		if before.file == row.file { // a load reads each row of the source once
			m.share(key, row.values)
		}
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
	if errors.Is(err, errNullKey) {
		return fmt.Errorf("%w: the redo log lacks it; add supplemental logging of all columns to the table, and reload the table", err)
	}
	if err != nil {
		return err
	}
	values := m.arrange(r.values)
	id := changeID{key, scn}
	c, ok := m.changes[id]
	if !ok {
		m.met.Changes++
		c = &change{first: sequence}
		m.changes[id] = c
	} else {
		m.met.Duplicates++
	}
	c.first = min(c.first, sequence)
	c.copies = append(c.copies, changedRow{sequence: sequence, op: op, values: values})
	return nil
}

// errNullKey says that a row has no key.
var errNullKey = errors.New("is null")

func (m *merge) keyOf(r record) (string, error) {
	m.buffer = m.buffer[:0]
	for i, at := range m.key {
		if r.values[at] == nil {
			return "", fmt.Errorf("column %s of the table's key %w", m.keys[i], errNullKey)
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

// history returns all copies of all changes of each key, in the order in which they apply.
func (m *merge) history() map[string][]changedRow {
	all := map[string][]changedRow{}
	for id, c := range m.changes {
		for _, row := range c.copies {
			row.first = c.first
			all[id.key] = append(all[id.key], row)
		}
	}
	for _, rows := range all {
		slices.SortStableFunc(rows, func(a, b changedRow) int {
			return cmp.Or(strings.Compare(a.first, b.first), strings.Compare(a.sequence, b.sequence))
		})
	}
	return all
}

// table applies all changes to the loaded rows and returns the result.
func (m *merge) table() *Table {
	rows, unproven := m.loaded, map[string][]string{}
	for key, changes := range m.history() {
		last := changes[len(changes)-1]
		m.checkFit(key, changes)
		if last.op == "D" {
			delete(rows, key)
			continue
		}
		unproven[key] = m.unproven(rows[key], changes)
		rows[key] = &loadedRow{values: last.values}
	}
	t := &Table{Columns: m.columns, Met: m.met}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		if columns := unproven[key]; len(columns) > 0 {
			t.Unproven = append(t.Unproven, Unproven{Row: len(m.order), Columns: columns})
		}
		m.order = append(m.order, rows[key])
	}
	for _, row := range m.order {
		for len(row.values) < len(m.columns) {
			row.values = append(row.values, nil)
		}
		t.Rows = append(t.Rows, row.values)
	}
	for _, key := range slices.Sorted(maps.Keys(m.shared)) {
		t.SharedKeys = append(t.SharedKeys, m.shared[key])
	}
	return t
}
