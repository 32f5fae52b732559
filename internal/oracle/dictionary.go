package oracle

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// dictionary holds what Oracle's dictionary says about the tables of a job.
type dictionary map[tableKey]*tableInfo

// tableKey is the schema and name of a table.
type tableKey struct{ schema, name string }

func (t Table) key() tableKey { return tableKey{t.Schema, t.Name} }

// tableInfo holds what Oracle's dictionary says about one table or view.
type tableInfo struct {
	temporary, overflow, nested, clustered, partitioned bool
	unreadable                                          bool // the user may not read its rows
	view                                                bool
	notATable                                           string // the type of an object of ALL_OBJECTS that is neither table nor view
	hybrid                                              bool   // some of its partitions are external
	unlogged                                            bool   // it has the attribute NOLOGGING
	materialized, external, queue                       bool   // a materialized view, an external table, the table of a queue
	policies                                            []string

	compressed string // COMPRESS_FOR, such as QUERY LOW
	rows       whole
	rowLength  whole // the average length of a row, in bytes
	bytes      whole // the size of the table's segments
	segments   whole // their number: for a partitioned table, that of its partitions
	blocks     whole // the number of their blocks
	columns    []column
	partitions []string // their names, if they were read
	logGroups  []string // the types of the supplemental log groups, such as ALL COLUMN LOGGING
	primary    []string // the columns of the enabled primary key, in order
	indexes    []index
	deferrable []constraint
	keyPrefix  bool // an index-organized table whose key is compressed
}

// constraint is a constraint that a transaction may break until its end: always, or if it says so (SET CONSTRAINTS).
type constraint struct {
	name   string
	always bool // INITIALLY DEFERRED
}

type column struct {
	name, kind, owner string // kind is the type; owner is the owner of a user-defined type, empty for Oracle's types
	length            whole  // the largest length, in bytes
	precision, scale  whole
	nullable          bool
	distinct          whole
	virtual, hidden   bool
	secureFile        bool // a LOB that is stored as a SecureFile
}

func (d *tableInfo) column(name string) (column, bool) {
	i := slices.IndexFunc(d.columns, func(c column) bool { return c.name == name })
	if i < 0 {
		return column{}, false
	}
	return d.columns[i], true
}

// hasKey reports whether a primary key or a unique index identifies the rows.
func (d *tableInfo) hasKey() bool {
	return len(d.primary) > 0 || slices.ContainsFunc(d.indexes, func(i index) bool { return i.unique })
}

// size returns the size of the table: that of its segments or, if that is not known, the size from its statistics.
func (d *tableInfo) size() (bytes int64, known bool) {
	if d.bytes.Valid {
		return d.bytes.Int64, true
	}
	if d.rows.Valid && d.rowLength.Valid {
		return d.rows.Int64 * d.rowLength.Int64, true
	}
	return 0, false
}

// text is the value of a VARCHAR2. Its String is empty for NULL, as Oracle has no other empty text.
type text = sql.NullString

// dictionary reads the dictionary for the tables of a job, and ignores rows of other tables. It also returns the statements
// that failed.
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
	at := func(schema, name string) *tableInfo { return d[tableKey{schema, name}] }
	run(queryTables, func(r *sql.Rows) error { return d.readTable(r, wanted) })
	if len(failures) > 0 {
		return d, failures // no table is known to exist
	}
	if err := s.objects(ctx, tables, d); err != nil {
		failures = append(failures, failure{queryObjects, err})
	}
	if len(d) == 0 {
		return d, failures
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
	run(queryKinds, func(r *sql.Rows) error { return readKind(r, at) })
	found := indexes{}
	run(queryKeys, func(r *sql.Rows) error { return found.read(r, at) })
	run(queryIndexColumns, func(r *sql.Rows) error { return found.readColumn(r) })
	found.complete()
	if sizes {
		run(querySegments, func(r *sql.Rows) error {
			var schema, name text
			var bytes, segments, blocks whole
			err := r.Scan(&schema, &name, &bytes, &segments, &blocks)
			if t := at(schema.String, name.String); t != nil {
				t.bytes, t.segments, t.blocks = bytes, segments, blocks
			}
			return err
		})
	}
	return d, failures
}

// objects adds those tables of a job that are not in the dictionary d to it, if there is an object of their name.
func (s *session) objects(ctx context.Context, tables []Table, d dictionary) error {
	missing := map[tableKey]bool{}
	for _, t := range tables {
		if d[t.key()] == nil {
			missing[t.key()] = true
		}
	}
	if len(missing) == 0 {
		return nil
	}
	named := slices.DeleteFunc(slices.Clone(tables), func(t Table) bool { return !missing[t.key()] })
	return s.ofTables(ctx, queryObjects, named, func(r *sql.Rows) error {
		var schema, name, kind text
		err := r.Scan(&schema, &name, &kind)
		key := tableKey{schema.String, name.String}
		switch t := d[key]; {
		case !missing[key]:
		case kind.String == "VIEW":
			d[key] = &tableInfo{view: true}
		case t == nil || kind.String == "TABLE": // a name may be that of several objects, such as a table and its index
			if t == nil || !t.view {
				d[key] = &tableInfo{notATable: kind.String}
			}
		}
		return err
	})
}

// failure is a statement that failed, with its error.
type failure struct {
	query query
	err   error
}

func (d dictionary) readTable(r *sql.Rows, wanted map[tableKey]bool) error {
	var schema, name, temporary, iot, parent, nested, cluster, partitioned, compressed, logging, hybrid text
	var rows, length whole
	err := r.Scan(&schema, &name, &temporary, &iot, &parent, &nested, &cluster, &partitioned, &compressed, &rows, &length, &logging,
		&hybrid)
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
		t = &tableInfo{}
		d[key] = t
	}
	if overflow {
		t.overflow = true
		return nil
	}
	overflow = t.overflow // the row of the overflow segment may come first
	*t = tableInfo{
		temporary: temporary.String == "Y", overflow: overflow, nested: nested.String == "YES",
		clustered: cluster.String != "", partitioned: partitioned.String == "YES",
		compressed: compressed.String, rows: rows, rowLength: length, unlogged: logging.String == "NO", hybrid: hybrid.String == "YES",
	}
	return nil
}

func readColumn(r *sql.Rows, at func(schema, name string) *tableInfo) error {
	var schema, name, nullable, virtual, hidden text
	var c column
	var kind, owner, columnName text
	err := r.Scan(&schema, &name, &columnName, &kind, &owner, &c.length, &c.precision, &c.scale, &nullable, &c.distinct,
		&virtual, &hidden)
	t := at(schema.String, name.String)
	if err != nil || t == nil {
		return err
	}
	c.name, c.kind, c.owner = columnName.String, kind.String, owner.String
	c.nullable, c.virtual, c.hidden = nullable.String != "N", virtual.String == "YES", hidden.String == "YES"
	t.columns = append(t.columns, c)
	return nil
}

// readKind reads a row of queryKinds.
func readKind(r *sql.Rows, at func(schema, name string) *tableInfo) error {
	var kind, schema, table, name, state text
	err := r.Scan(&kind, &schema, &table, &name, &state)
	t := at(schema.String, table.String)
	if err != nil || t == nil {
		return err
	}
	switch kind.String {
	case "LOB":
		for i := range t.columns {
			if t.columns[i].name == name.String {
				t.columns[i].secureFile = state.String == "YES"
			}
		}
	case "materialized view":
		t.materialized = true
	case "external table":
		t.external = true
	case "queue table":
		t.queue = true
	case "policy":
		t.policies = append(t.policies, name.String)
	}
	return nil
}

// The hidden columns by which the check recognizes a table.
const (
	archiveState = "ORA_ARCHIVE_STATE" // of In-Database Archiving (VLDB and Partitioning Guide)
	chainPrefix  = "ORABCTAB_"         // of a blockchain table or an immutable table (Administrator's Guide, Managing Tables)
	rowidColumn  = "M_ROW$$"           // of a materialized view WITH ROWID
)

// generated reports whether Oracle created the column itself: for an index on an expression, for a part of a type, or for a kind of
// table.
func (c column) generated() bool {
	return c.hidden && (strings.HasPrefix(c.name, "SYS_") || strings.HasPrefix(c.name, chainPrefix) || c.name == archiveState ||
		c.name == rowidColumn || c.period())
}

// period reports whether the column is the period of temporal validity (PERIOD FOR): a number, hidden and virtual.
func (c column) period() bool {
	return c.hidden && c.virtual && c.kind == "NUMBER" && !strings.HasPrefix(c.name, "SYS_")
}

// hasColumn reports whether the table has a column of a kind.
func (d *tableInfo) hasColumn(is func(column) bool) bool { return slices.ContainsFunc(d.columns, is) }

// isLOB reports whether DMS reads the column as a LOB: because of its type or, for text of an extended data type, its length.
// The LOB of an XMLTYPE is in a hidden column.
func (c column) isLOB() bool {
	switch c.kind {
	case "BLOB", "CLOB", "NCLOB":
		return true
	case "VARCHAR2", "NVARCHAR2":
		return c.extended()
	default:
		return false
	}
}

// plainNumber reports whether the column is a NUMBER without precision and scale that DMS migrates.
func (c column) plainNumber() bool {
	return c.kind == "NUMBER" && !c.precision.Valid && !c.scale.Valid && !c.virtual && !c.hidden
}

// extended reports whether the column has an extended data type: longer than the limit without MAX_STRING_SIZE = EXTENDED
// (since Oracle 12c).
func (c column) extended() bool {
	switch c.kind {
	case "VARCHAR2", "NVARCHAR2": // arrives as a CLOB since engine 3.5.0
		return c.length.Int64 > 4000
	case "RAW":
		return c.length.Int64 > 2000
	default:
		return false
	}
}
