package oracle

import (
	"cmp"
	"database/sql"
	"maps"
	"slices"
)

// index is an index of a table.
type index struct {
	name    string
	unique  bool
	columns []string // in order
}

// indexKey is the schema and name of an index.
type indexKey struct{ schema, name string }

// indexes are the indexes and primary keys of the job's tables while they are read: first what there is, then the columns.
type indexes map[indexKey]*foundIndex

// foundIndex is the index of a table, its primary key, or both. An index that no statement found may still have columns.
type foundIndex struct {
	index

	table      *tableInfo
	key, found bool
}

// read reads a row of queryKeys.
func (x indexes) read(r *sql.Rows, at func(schema, name string) *tableInfo) error {
	var kind, schema, table, owner, name, detail, state text
	err := r.Scan(&kind, &schema, &table, &owner, &name, &detail, &state)
	t := at(schema.String, table.String)
	if err != nil || t == nil {
		return err
	}
	ofConstraint := kind.String == "key" || kind.String == "constraint"
	if ofConstraint && state.String != "" {
		t.deferrable = append(t.deferrable, constraint{detail.String, state.String == "DEFERRED"})
	}
	if kind.String == "constraint" {
		return nil
	}
	i := x.at(indexKey{owner.String, name.String})
	i.table = t
	if kind.String == "key" {
		i.key = true
		return nil
	}
	i.found, i.unique = true, kind.String == "UNIQUE"
	// For an index the columns are its type and its compression.
	t.keyPrefix = t.keyPrefix || detail.String == "IOT - TOP" && state.String != "" && state.String != "DISABLED"
	return nil
}

// readColumn reads a row of queryIndexColumns.
func (x indexes) readColumn(r *sql.Rows) error {
	var schema, table, owner, name, column text
	var position whole
	err := r.Scan(&schema, &table, &owner, &name, &column, &position)
	if i := x[indexKey{owner.String, name.String}]; i != nil {
		i.columns = setPosition(i.columns, position.Int64, column.String)
	}
	return err
}

func (x indexes) at(key indexKey) *foundIndex {
	if x[key] == nil {
		x[key] = &foundIndex{index: index{name: key.name}}
	}
	return x[key]
}

// complete gives the tables what was read.
func (x indexes) complete() {
	for _, key := range slices.SortedFunc(maps.Keys(x), compareIndexes) {
		i := x[key]
		if i.key {
			i.table.primary = i.columns
		}
		if i.found {
			i.table.indexes = append(i.table.indexes, i.index)
		}
	}
}

func compareIndexes(a, b indexKey) int {
	return cmp.Or(cmp.Compare(a.schema, b.schema), cmp.Compare(a.name, b.name))
}

// setPosition stores a column at its position in a list. Positions count from 1 and may come in any order.
func setPosition(list []string, position int64, column string) []string {
	for int64(len(list)) < position {
		list = append(list, "")
	}
	if position > 0 {
		list[position-1] = column
	}
	return list
}
