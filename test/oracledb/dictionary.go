package oracledb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// dictionaryViews are the views that a session can query. A view has only the columns that this package fills. The
// dictionary shows the state when the session began; V$DATABASE and GV$TRANSACTION show the current state.
const dictionaryViews = `
CREATE TEMP TABLE dual (dummy);
INSERT INTO dual VALUES ('X');
CREATE TEMP TABLE product_component_version (product, version);
INSERT INTO product_component_version VALUES ('Oracle Database', '19.0.0.0.0');
CREATE TEMP VIEW v$database AS SELECT 'ARCHIVELOG' AS log_mode, 'YES' AS supplemental_log_data_min,
  source_logging('PRIMARY KEY LOGGING') AS supplemental_log_data_pk,
  source_logging('ALL COLUMN LOGGING') AS supplemental_log_data_all, 'YES' AS cdb, 'READ WRITE' AS open_mode,
  'PRIMARY' AS database_role, source_scn() AS current_scn;
CREATE TEMP TABLE v$archived_log (dest_id, first_time, deleted, status, standby_dest);
CREATE TEMP TABLE v$thread (enabled);
INSERT INTO v$thread VALUES ('PUBLIC');
CREATE TEMP TABLE v$logfile (member);
INSERT INTO v$logfile VALUES ('/u01/oradata/redo01.log');
CREATE TEMP TABLE dba_tablespaces (encrypted);
INSERT INTO dba_tablespaces VALUES ('NO');
CREATE TEMP TABLE all_encrypted_columns (owner, table_name, column_name);
CREATE TEMP VIEW gv$transaction AS SELECT value AS start_scn FROM json_each(source_transactions());
CREATE TEMP TABLE session_privs (privilege);
INSERT INTO session_privs VALUES ('CREATE SESSION'), ('SELECT ANY DICTIONARY'), ('SELECT ANY TABLE'),
  ('SELECT ANY TRANSACTION'), ('LOGMINING'), ('CREATE ANY DIRECTORY'), ('FLASHBACK ANY TABLE');
CREATE TEMP TABLE session_roles (role);
INSERT INTO session_roles VALUES ('EXECUTE_CATALOG_ROLE');
CREATE TEMP TABLE all_directories (owner, directory_name, directory_path);
CREATE TEMP TABLE all_users (username);
CREATE TEMP TABLE all_tables (owner, table_name, temporary, iot_type, iot_name, nested, cluster_name, partitioned,
  compression, compress_for, num_rows, avg_row_len, last_analyzed);
CREATE TEMP TABLE all_views (owner, view_name);
CREATE TEMP TABLE all_tab_cols (owner, table_name, column_name, data_type, data_type_owner, data_length, data_precision,
  data_scale, nullable, num_distinct, virtual_column, hidden_column, column_id, internal_column_id);
CREATE TEMP TABLE all_lobs (owner, table_name, column_name, securefile);
CREATE TEMP TABLE all_log_groups (owner, log_group_name, table_name, log_group_type, always);
CREATE TEMP TABLE all_constraints (owner, constraint_name, constraint_type, table_name, status, index_owner, index_name);
CREATE TEMP TABLE all_tab_privs (grantee, table_schema, table_name, privilege);
CREATE TEMP TABLE all_indexes (owner, index_name, index_type, table_owner, table_name, uniqueness, status);
CREATE TEMP TABLE all_ind_columns (index_owner, index_name, table_owner, table_name, column_name, column_position);
CREATE TEMP TABLE all_tab_partitions (table_owner, table_name, partition_name, compress_for);
CREATE TEMP TABLE dba_segments (owner, segment_name, segment_type, bytes);
`

// describe fills the dictionary of a session.
func (s *session) describe(ctx context.Context, user string) error {
	if err := execute(s.asked, dictionaryViews); err != nil {
		return err
	}
	f := &filler{session: s}
	f.add("all_users", strings.ToUpper(user))
	for _, schema := range s.database.schemas {
		f.add("all_users", schema)
	}
	// The redo log goes back to the time when the database was opened.
	f.add("v$archived_log", int64(1), julianDay(s.database.opened), "NO", "A", "NO")
	tables, err := s.database.Tables(ctx)
	if err != nil {
		return err
	}
	statistics, err := s.database.gather(ctx, tables)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := f.table(ctx, t, statistics[t]); err != nil {
			return err
		}
	}
	views, err := s.database.Views(ctx)
	if err != nil {
		return err
	}
	for _, v := range views {
		if err := f.view(ctx, v); err != nil {
			return err
		}
	}
	return f.err
}

// filler writes rows of the dictionary and keeps the first error.
type filler struct {
	*session
	err error
}

func (f *filler) add(view string, values ...any) {
	if f.err != nil {
		return
	}
	_, f.err = f.asked.ExecContext(context.Background(),
		"INSERT INTO "+view+" VALUES (?"+strings.Repeat(", ?", len(values)-1)+")", named(values))
}

func (f *filler) table(ctx context.Context, t Table, s statistics) error {
	columns, err := f.database.Columns(ctx, t)
	if err != nil {
		return err
	}
	f.add("all_tables", t.Schema, t.Name, "N", nil, nil, "NO", nil, "NO", "DISABLED", nil, s.rows, s.rowLength(),
		julianDay(f.database.opened))
	f.add("dba_segments", t.Schema, t.Name, "TABLE", s.bytes)
	for _, kind := range f.database.supplemental.of(t) {
		f.add("all_log_groups", t.Schema, t.Name+"_LOG", t.Name, kind, "ALWAYS")
	}
	for i, c := range columns {
		f.column(t, c, int64(i+1))
	}
	if key := keyOf(columns); len(key) > 0 {
		name := t.Name + "_PK"
		f.add("all_constraints", t.Schema, name, "P", t.Name, "ENABLED", t.Schema, name)
		f.index(t, name, true, key)
	}
	return f.indexes(ctx, t)
}

// view adds a view, which has columns but no key, index, segment or statistics.
func (f *filler) view(ctx context.Context, v Table) error {
	columns, err := f.database.Columns(ctx, v)
	if err != nil {
		return err
	}
	f.add("all_objects", v.Schema, v.Name, "VIEW")
	f.add("all_views", v.Schema, v.Name)
	for i, c := range columns {
		f.column(v, c, int64(i+1))
	}
	return f.err
}

func (f *filler) column(t Table, c Column, place int64) {
	var precision, scale any
	if c.Type.Name == "NUMBER" && c.Type.Precision > 0 || c.Type.Name == "NUMBER" && c.Type.Scale != 0 {
		precision, scale = int64(c.Type.Precision), int64(c.Type.Scale)
	}
	nullable := "N"
	if c.Nullable {
		nullable = "Y"
	}
	f.add("all_tab_cols", t.Schema, t.Name, c.Name, c.Type.dictionaryName(), nil, int64(c.Type.Length), precision, scale,
		nullable, nil, "NO", "NO", place, place)
	if c.Type.LOB() {
		f.add("all_lobs", t.Schema, t.Name, c.Name, "NO")
	}
}

// dictionaryName is the type as ALL_TAB_COLS shows it. A TIMESTAMP has the digits of its fraction; no other type has a
// number.
func (t Type) dictionaryName() string {
	if rest, is := strings.CutPrefix(t.Name, "TIMESTAMP"); is {
		return fmt.Sprintf("TIMESTAMP(%d)%s", t.Scale, rest)
	}
	return t.Name
}

func keyOf(columns []Column) []string {
	var key []Column
	for _, c := range columns {
		if c.Key > 0 {
			key = append(key, c)
		}
	}
	slices.SortFunc(key, func(a, b Column) int { return a.Key - b.Key })
	names := make([]string, len(key))
	for i, c := range key {
		names[i] = c.Name
	}
	return names
}

func (f *filler) index(t Table, name string, unique bool, columns []string) {
	uniqueness := "NONUNIQUE"
	if unique {
		uniqueness = "UNIQUE"
	}
	f.add("all_indexes", t.Schema, name, "NORMAL", t.Schema, t.Name, uniqueness, "VALID")
	for i, column := range columns {
		f.add("all_ind_columns", t.Schema, name, t.Schema, t.Name, column, int64(i+1))
	}
}

// indexes adds the indexes of a table other than its primary key.
func (f *filler) indexes(ctx context.Context, t Table) error {
	found, err := f.database.all(ctx, `SELECT l.name, l."unique", i.name FROM pragma_index_list(?, ?) l,
		pragma_index_info(l.name, ?) i WHERE l.origin <> 'pk' AND i.name IS NOT NULL ORDER BY l.seq, i.seqno`,
		t.Name, t.Schema, t.Schema)
	if err != nil {
		return fmt.Errorf("indexes of %s: %w", t, err)
	}
	for len(found) > 0 {
		name, unique, columns := found[0][0], found[0][1] == int64(1), []string{}
		for len(found) > 0 && found[0][0] == name {
			columns = append(columns, fmt.Sprint(found[0][2]))
			found = found[1:]
		}
		f.index(t, fmt.Sprint(name), unique, columns)
	}
	return f.err
}

// all returns all rows of a query.
func (d *Database) all(ctx context.Context, query string, args ...any) ([][]driver.Value, error) {
	rows, err := d.Select(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all [][]driver.Value
	for {
		row := make([]driver.Value, len(rows.Columns()))
		if err := rows.Next(row); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
}
