package oraclecheck_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/live"
	"github.com/oralake/oralake/test/oracletest"
)

// The suite for a real Oracle database runs against the stand-in, too, and has a row for every statement of the catalogue. A statement
// without a row, or with a name that is not in the catalogue, fails here.
func TestLiveSuite(t *testing.T) {
	reader := liveTables(t, `INSERT INTO session_privs (privilege) VALUES ('SELECT ANY DICTIONARY'), ('FLASHBACK ANY TABLE');
		INSERT INTO session_roles (role) VALUES ('EXECUTE_CATALOG_ROLE')`)
	var refused strings.Builder
	for _, view := range []string{
		"v$database", "v$archived_log", "v$thread", "v$logfile", "v$log", "v$parameter", "v$nls_parameters", "v$timezone_names",
		"v$containers", "v$transaction", "gv$transaction", "dba_registry", "dba_tablespaces", "dba_directories", "dba_segments", "sys_obj$",
	} {
		refused.WriteString("DROP TABLE " + view + ";")
	}
	owner := liveTables(t, `UPDATE userenv SET value = 'SALES' WHERE name = 'SESSION_USER'; DELETE FROM session_privs;
		INSERT INTO session_privs (privilege) VALUES ('CREATE SESSION'), ('CREATE TABLE'); DELETE FROM all_tab_privs;`+refused.String())
	live.Run(t, live.Database{
		Reader: reader.DB, Owner: owner.DB, Schema: "SALES", Version: "19.0.0.0.0",
		Sent: func(context.Context) ([]string, error) { return append(reader.Sent(), owner.Sent()...), nil },
	})
	for _, name := range append(reader.Sent(), owner.Sent()...) {
		if !slices.Contains(oracle.Statements(), name) {
			t.Errorf("the statement %q is not in the catalogue", name)
		}
	}
	for _, statement := range append(reader.Statements(), owner.Statements()...) {
		if strings.Contains(statement, "oralake") {
			t.Errorf("a statement has a name that cannot be read: %.60s", statement)
		}
	}
}

// liveTables makes the tables of the suite, and changes the dictionary.
func liveTables(t *testing.T, change string) *oracletest.Database {
	t.Helper()
	db := oracletest.Open(t, []string{"SALES"}, oracletest.File(t, "testdata/dictionary.sql"))
	table := func(name, keyType, columns, row string) {
		precision := "NULL"
		if strings.HasSuffix(keyType, "(10)") {
			keyType, precision = "NUMBER", "10"
		}
		key, _, _ := strings.Cut(columns, ",")
		db.Run(t, fmt.Sprintf(`INSERT INTO all_tables (owner, table_name, num_rows, avg_row_len) VALUES ('SALES', '%[1]s', %[2]d, 110);
			INSERT INTO all_tab_cols (owner, table_name, column_name, internal_column_id, data_type, data_precision, data_scale, nullable,
				num_distinct) VALUES ('SALES', '%[1]s', '%[3]s', 1, '%[4]s', %[5]s, CASE WHEN %[5]s IS NOT NULL THEN 0 END, 'N', %[2]d);
			INSERT INTO all_constraints (owner, table_name, constraint_name, constraint_type, index_owner, index_name)
				VALUES ('SALES', '%[1]s', 'PK_%[1]s', 'P', 'SALES', 'PK_%[1]s');
			INSERT INTO all_indexes (owner, index_name, table_owner, table_name, uniqueness)
				VALUES ('SALES', 'PK_%[1]s', 'SALES', '%[1]s', 'UNIQUE');
			INSERT INTO all_ind_columns (index_owner, index_name, table_owner, table_name, column_name, column_position)
				VALUES ('SALES', 'PK_%[1]s', 'SALES', '%[1]s', '%[3]s', 1);
			INSERT INTO dba_segments (owner, segment_name, bytes) VALUES ('SALES', '%[1]s', 2200000);
			CREATE TABLE SALES.%[1]s (%[6]s);
			WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %[2]d) INSERT INTO SALES.%[1]s SELECT %[7]s FROM n`,
			name, live.Rows, key, keyType, precision, columns, row))
	}
	table(live.Everything, "NUMBER(10)", "ID, AT, NOTE, BYTES, CODE", fmt.Sprintf(
		`i, DATE('2020-01-01', i || ' days'), 'text', CAST('bytes' AS BLOB), CASE WHEN i <= %d THEN 'AB' ELSE 'CD' END`, live.Codes))
	db.Run(t, `INSERT INTO all_tab_cols (owner, table_name, column_name, internal_column_id, data_type) VALUES
		('SALES', '`+live.Everything+`', 'AT', 2, 'DATE'), ('SALES', '`+live.Everything+`', 'NOTE', 3, 'CLOB'),
		('SALES', '`+live.Everything+`', 'BYTES', 4, 'BLOB'), ('SALES', '`+live.Everything+`', 'CODE', 5, 'CHAR');
		INSERT INTO all_lobs (owner, table_name, column_name) VALUES
		('SALES', '`+live.Everything+`', 'NOTE'), ('SALES', '`+live.Everything+`', 'BYTES')`)
	table(live.Numbers, "NUMBER", "K, PAD", "(i - 10000) / 4.0, 'x'")
	table(live.Dates, "DATE", "K, PAD", "DATETIME('2020-01-01', (i * 864) || ' seconds'), 'x'")
	table(live.Timestamps, "TIMESTAMP(3)", "K, PAD", "DATETIME('2020-01-01 00:00:01', i || ' minutes'), 'x'")
	table(live.Texts, "VARCHAR2", "K, PAD", "CASE WHEN i % 2 = 0 THEN 'a' ELSE 'B' END || i, 'x'")
	table(live.Parts, "NUMBER(10)", "ID, PAD", "i, 'x'")
	db.Run(t, `UPDATE all_tables SET partitioned = 'YES' WHERE table_name = '`+live.Parts+`';
		INSERT INTO all_tab_partitions (table_owner, table_name, partition_name)
			VALUES ('SALES', '`+live.Parts+`', 'P1'), ('SALES', '`+live.Parts+`', 'P2');`+change)
	return db
}
