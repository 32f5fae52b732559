package oracle

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// dictionary is what Oracle says of the tables of a job.
type dictionary map[tableKey]*described

// tableKey is a table's two names.
type tableKey struct{ schema, name string }

func (t Table) key() tableKey { return tableKey{t.Schema, t.Name} }

// described is one table.
type described struct {
	temporary, overflow, nested, clustered, partitioned bool

	compressed  string // COMPRESS_FOR, such as QUERY LOW
	rows        whole
	rowLength   whole // bytes, on average
	bytes       whole // of its segments
	columns     []column
	logGroups   []string // types
	primary     []string // the columns of the enabled primary key, in order
	indexes     []index
	columnsRead bool
}

type column struct {
	name, kind, owner string // owner of the type; empty for Oracle's own
	length            whole  // bytes, at most
	precision, scale  whole
	nullable          bool
	distinct          whole
	virtual, hidden   bool
	lob, secureFile   bool
}

type index struct {
	name    string
	unique  bool
	columns []string // in order
}

func (d *described) column(name string) (column, bool) {
	i := slices.IndexFunc(d.columns, func(c column) bool { return c.name == name })
	if i < 0 {
		return column{}, false
	}
	return d.columns[i], true
}

// hasKey says that a row can be told by a primary key or a unique index.
func (d *described) hasKey() bool {
	return len(d.primary) > 0 || slices.ContainsFunc(d.indexes, func(i index) bool { return i.unique })
}

// size is how many bytes the table has: those of its segments, or else what its statistics say.
func (d *described) size() (bytes int64, known bool) {
	if d.bytes.Valid {
		return d.bytes.Int64, true
	}
	if d.rows.Valid && d.rowLength.Valid {
		return d.rows.Int64 * d.rowLength.Int64, true
	}
	return 0, false
}

// text is what a VARCHAR2 holds; NULL is empty, as Oracle sees it.
type text = sql.NullString

// dictionary asks what Oracle knows of the tables of a job. Rows of other tables are passed over. It returns
// those statements that failed, too, with why.
func (s *session) dictionary(ctx context.Context, tables []Table, sizes bool) (dictionary, []failure) {
	wanted := make(map[tableKey]bool, len(tables))
	for _, t := range tables {
		wanted[t.key()] = true
	}
	d := dictionary{}
	var failures []failure
	run := func(q query, scan func(*sql.Rows) error) {
		if err := s.ofTables(ctx, q, tables, scan); err != nil {
			failures = append(failures, failure{q, err})
		}
	}
	at := func(schema, name string) *described { return d[tableKey{schema, name}] }
	run(queryTables, func(r *sql.Rows) error { return d.readTable(r, wanted) })
	if len(failures) > 0 {
		return d, failures // nothing is known to exist
	}
	if len(d) == 0 {
		return d, nil
	}
	run(queryColumns, func(r *sql.Rows) error { return readColumn(r, at) })
	run(queryLogGroups, func(r *sql.Rows) error {
		var schema, name, kind text
		err := r.Scan(&schema, &name, &kind)
		if t := at(schema.String, name.String); t != nil {
			t.logGroups = append(t.logGroups, kind.String)
		}
		return err
	})
	run(queryKeys, func(r *sql.Rows) error {
		var schema, name, constraint, column text
		var position whole
		err := r.Scan(&schema, &name, &constraint, &column, &position)
		if t := at(schema.String, name.String); t != nil {
			t.primary = put(t.primary, position.Int64, column.String)
		}
		return err
	})
	run(queryIndexes, func(r *sql.Rows) error { return readIndex(r, at) })
	if sizes {
		run(querySegments, func(r *sql.Rows) error {
			var schema, name text
			var bytes whole
			err := r.Scan(&schema, &name, &bytes)
			if t := at(schema.String, name.String); t != nil {
				t.bytes = bytes
			}
			return err
		})
	}
	return d, failures
}

// failure is a statement that could not be run.
type failure struct {
	query query
	err   error
}

func (d dictionary) readTable(r *sql.Rows, wanted map[tableKey]bool) error {
	var schema, name, temporary, iot, parent, nested, cluster, partitioned, compressed text
	var rows, length whole
	err := r.Scan(&schema, &name, &temporary, &iot, &parent, &nested, &cluster, &partitioned, &compressed, &rows, &length)
	if err != nil {
		return err
	}
	key := tableKey{schema.String, name.String}
	overflow := iot.String == "IOT_OVERFLOW"
	if overflow {
		key.name = parent.String
	}
	if !wanted[key] {
		return nil
	}
	t := d[key]
	if t == nil {
		t = &described{}
		d[key] = t
	}
	if overflow {
		t.overflow = true
		return nil
	}
	overflow = t.overflow // its row may have come first
	*t = described{
		temporary: temporary.String == "Y", overflow: overflow, nested: nested.String == "YES",
		clustered: cluster.String != "", partitioned: partitioned.String == "YES",
		compressed: compressed.String, rows: rows, rowLength: length,
	}
	return nil
}

func readColumn(r *sql.Rows, at func(schema, name string) *described) error {
	var schema, name, nullable, virtual, hidden, secure text
	var c column
	var kind, owner, columnName text
	err := r.Scan(&schema, &name, &columnName, &kind, &owner, &c.length, &c.precision, &c.scale, &nullable, &c.distinct,
		&virtual, &hidden, &secure)
	t := at(schema.String, name.String)
	if err != nil || t == nil {
		return err
	}
	c.name, c.kind, c.owner = columnName.String, kind.String, owner.String
	c.nullable, c.virtual, c.hidden = nullable.String != "N", virtual.String == "YES", hidden.String == "YES"
	c.lob, c.secureFile = secure.String != "", secure.String == "YES"
	t.columns, t.columnsRead = append(t.columns, c), true
	return nil
}

func readIndex(r *sql.Rows, at func(schema, name string) *described) error {
	var schema, name, indexName, unique, column text
	var position whole
	err := r.Scan(&schema, &name, &indexName, &unique, &column, &position)
	t := at(schema.String, name.String)
	if err != nil || t == nil {
		return err
	}
	i := slices.IndexFunc(t.indexes, func(x index) bool { return x.name == indexName.String })
	if i < 0 {
		i = len(t.indexes)
		t.indexes = append(t.indexes, index{name: indexName.String, unique: unique.String == "UNIQUE"})
	}
	t.indexes[i].columns = put(t.indexes[i].columns, position.Int64, column.String)
	return nil
}

// put sets the place, from 1, of a column in a list that comes in any order.
func put(list []string, place int64, column string) []string {
	for int64(len(list)) < place {
		list = append(list, "")
	}
	if place > 0 {
		list[place-1] = column
	}
	return list
}

// generated says that Oracle made the column for itself, for an index on an expression or a type's parts.
func (c column) generated() bool {
	// ORA_ARCHIVE_STATE is In-Database Archiving's.
	return c.hidden && (strings.HasPrefix(c.name, "SYS_") || c.name == "ORA_ARCHIVE_STATE")
}

// plainNumber says that the column is a NUMBER of any precision, and is migrated.
func (c column) plainNumber() bool {
	return c.kind == "NUMBER" && !c.precision.Valid && !c.scale.Valid && !c.virtual && !c.hidden
}

// extended says that the column is longer than was possible before Oracle 12c, with MAX_STRING_SIZE = EXTENDED.
func (c column) extended() bool {
	switch c.kind {
	case "VARCHAR2", "NVARCHAR2":
		return c.length.Int64 > 4000
	case "RAW":
		return c.length.Int64 > 2000
	default:
		return false
	}
}
