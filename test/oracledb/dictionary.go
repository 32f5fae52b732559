package oracledb

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/oracledictionary"
)

// currentViews are the views that show the current state of the database. All other views of the dictionary are tables of package
// oracledictionary, and show the state when the session began.
var currentViews = map[string]string{
	"V$DATABASE": `CREATE TEMP VIEW v$database AS SELECT 'ARCHIVELOG' AS log_mode, 'YES' AS supplemental_log_data_min,
  source_logging('PRIMARY KEY LOGGING') AS supplemental_log_data_pk,
  source_logging('ALL COLUMN LOGGING') AS supplemental_log_data_all, 'YES' AS cdb, 'READ WRITE' AS open_mode,
  'PRIMARY' AS database_role, source_scn() AS current_scn, 'NO' AS force_logging`,
	"V$ARCHIVED_LOG": `CREATE TEMP VIEW v$archived_log AS SELECT 1 AS dest_id, 1 AS thread_no, value ->> 'first' AS first_time,
  value ->> 'next' AS next_time, CASE WHEN value ->> 'deleted' THEN 'YES' ELSE 'NO' END AS deleted,
  CASE WHEN value ->> 'deleted' THEN 'D' ELSE 'A' END AS status, 'NO' AS standby_dest FROM json_each(source_archived_logs())`,
	"GV$TRANSACTION": `CREATE TEMP VIEW gv$transaction AS SELECT value ->> 'scn' AS start_scn, value ->> 'date' AS start_date
  FROM json_each(source_transactions())`,
}

// describe makes and fills the dictionary of a session.
func (s *session) describe(ctx context.Context, user string) error {
	for _, v := range oracledictionary.Views {
		if err := execute(s.asked, cmp.Or(currentViews[v.Name], v.Create("TEMP TABLE"))); err != nil {
			return err
		}
	}
	f := &filler{session: s, rows: map[string][][]any{}}
	f.instance(strings.ToUpper(user))
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
	return f.write(ctx)
}

// filler collects rows of the dictionary, and writes the rows of a view at once: a statement for each row takes longer.
type filler struct {
	*session
	rows  map[string][][]any // by the beginning of the statement that writes them
	order []string           // the keys of rows
}

// row is a row of a view: its columns and their values. Package oracledictionary has what its other columns are.
type row map[string]any

func (f *filler) add(view string, r row) {
	columns := slices.Sorted(maps.Keys(r))
	values := make([]any, len(columns))
	for i, column := range columns {
		values[i] = r[column]
	}
	insert := "INSERT INTO " + view + " (" + strings.Join(columns, ", ") + ") VALUES "
	if f.rows[insert] == nil {
		f.order = append(f.order, insert)
	}
	f.rows[insert] = append(f.rows[insert], values)
}

// mostValues is less than the parameters that a statement of SQLite may have (SQLITE_MAX_VARIABLE_NUMBER).
const mostValues = 30_000

// write writes the rows.
func (f *filler) write(ctx context.Context) error {
	for _, insert := range f.order {
		width := len(f.rows[insert][0])
		places := ", (?" + strings.Repeat(", ?", width-1) + ")"
		for rows := range slices.Chunk(f.rows[insert], mostValues/width) {
			values := named(slices.Concat(rows...))
			if _, err := f.asked.ExecContext(ctx, insert+strings.Repeat(places, len(rows))[2:], values); err != nil {
				return err
			}
		}
	}
	return nil
}

// instance adds what belongs to no table: a database that archives its redo log, and a user who may read everything.
func (f *filler) instance(user string) {
	f.add("dual", row{"dummy": "X"})
	f.add("product_component_version", row{"product": "Oracle Database 19c Enterprise Edition ", "version": "19.0.0.0.0"})
	for _, privilege := range []string{
		"CREATE SESSION", "SELECT ANY DICTIONARY", "SELECT ANY TABLE", "SELECT ANY TRANSACTION", "LOGMINING", "CREATE ANY DIRECTORY",
		"FLASHBACK ANY TABLE",
	} {
		f.add("session_privs", row{"privilege": privilege})
	}
	f.add("session_roles", row{"role": "EXECUTE_CATALOG_ROLE"})
	for _, name := range append([]string{user}, f.database.schemas...) {
		f.add("all_users", row{"username": name})
	}
	for name, value := range map[string]string{"compatible": "19.0.0", "resource_limit": "TRUE", "adg_redirect_dml": "FALSE"} {
		f.add("v$parameter", row{"name": name, "value": value})
	}
	f.add("v$containers", row{"application_pdb": "NO"})
	f.add("v$thread", row{"thread_no": int64(1), "enabled": "PUBLIC"})
	f.add("v$logfile", row{"member": "/u01/oradata/redo01.log"})
	f.add("dba_tablespaces", row{"encrypted": "NO"})
}

func (f *filler) table(ctx context.Context, t Table, s statistics) error {
	columns, err := f.database.Columns(ctx, t)
	if err != nil {
		return err
	}
	f.add("all_tables", row{"owner": t.Schema, "table_name": t.Name, "num_rows": s.rows, "avg_row_len": s.rowLength()})
	f.add("dba_segments", row{"owner": t.Schema, "segment_name": t.Name, "bytes": s.bytes})
	for _, kind := range f.database.supplemental.of(t) {
		f.add("all_log_groups", row{"owner": t.Schema, "table_name": t.Name, "log_group_type": kind})
	}
	for i, c := range columns {
		f.column(t, c, int64(i+1))
	}
	if key := keyOf(columns); len(key) > 0 {
		name := t.Name + "_PK"
		f.add("all_constraints", row{
			"owner": t.Schema, "constraint_name": name, "constraint_type": "P", "table_name": t.Name,
			"index_owner": t.Schema, "index_name": name,
		})
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
	f.add("all_objects", row{"owner": v.Schema, "object_name": v.Name, "object_type": "VIEW"})
	for i, c := range columns {
		f.column(v, c, int64(i+1))
	}
	return nil
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
	f.add("all_tab_cols", row{
		"owner": t.Schema, "table_name": t.Name, "column_name": c.Name, "internal_column_id": place,
		"data_type": c.Type.dictionaryName(), "data_length": int64(c.Type.Length), "data_precision": precision, "data_scale": scale,
		"nullable": nullable,
	})
	if c.Type.LOB() {
		f.add("all_lobs", row{"owner": t.Schema, "table_name": t.Name, "column_name": c.Name})
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
	f.add("all_indexes", row{
		"owner": t.Schema, "index_name": name, "table_owner": t.Schema, "table_name": t.Name, "uniqueness": uniqueness,
	})
	for i, column := range columns {
		f.add("all_ind_columns", row{
			"index_owner": t.Schema, "index_name": name, "table_owner": t.Schema, "table_name": t.Name,
			"column_name": column, "column_position": int64(i + 1),
		})
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
	return nil
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
