package oraclecheck_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/oracle"
)

const onRDS = `INSERT INTO all_users (username) VALUES ('RDSADMIN');`

// Special cases of a ready or unready database, besides the plain cases of TestReadinessOfTheDatabase and
// TestReadinessOfTables.
func TestReadinessAtTheEdges(t *testing.T) {
	for name, test := range map[string]struct {
		needs  oracle.Needs
		change string
		want   []string // severity, column and fix of each finding
	}{
		// The copies at a standby cannot be read, however long they are kept.
		"archived logs only at a standby": {
			needs: following, change: `UPDATE v$archived_log SET standby_dest = 'YES' WHERE first_time < JULIANDAY('now', '-1 days')`,
			want: []string{"warning  in the job that deletes archived logs: RMAN> DELETE ARCHIVELOG ALL COMPLETED BEFORE 'SYSDATE-1';"},
		},
		"HCC with row locking": {
			needs: following, change: `UPDATE all_tables SET compress_for = 'QUERY LOW ROW LEVEL LOCKING'`,
			want: []string{"failed  move it to a full-load job"},
		},
		"HCC that Binary Reader reads": {needs: following, change: `UPDATE all_tables SET compress_for = 'ARCHIVE HIGH'`},
		"HCC of a partition": {
			needs: following, change: `UPDATE all_tables SET partitioned = 'YES';
				INSERT INTO all_tab_partitions (table_owner, table_name, partition_name, compress_for)
					VALUES ('SALES', 'ORDERS', 'P1', NULL), ('SALES', 'ORDERS', 'P2', 'QUERY LOW')`,
			want: []string{
				"failed  move it to a full-load job",
				"warning  reload the table after each ADD, DROP, EXCHANGE or TRUNCATE PARTITION",
			},
		},
		"an XMLTYPE, which the dictionary calls virtual": {
			needs:  oracle.Needs{FullLoad: true},
			change: columnOf("XMLTYPE", "SYS"),
		},
		"an XMLTYPE without a key": {
			needs:  oracle.Needs{FullLoad: true},
			change: columnOf("XMLTYPE", "SYS") + `DELETE FROM all_constraints; DELETE FROM all_indexes`,
			want:   []string{"failed EXTRA exclude: [EXTRA]"},
		},
		"a type that the guide does not list": {
			needs: oracle.Needs{FullLoad: true}, change: columnOf("JSON", "NULL"), want: []string{"warning EXTRA exclude: [EXTRA]"},
		},
		"types with digits": {
			needs: oracle.Needs{FullLoad: true}, change: columnOf("TIMESTAMP(6) WITH LOCAL TIME ZONE", "NULL") +
				`INSERT INTO all_tab_cols (owner, table_name, column_name, internal_column_id, data_type) VALUES
					('SALES', 'ORDERS', 'SPAN', 10, 'INTERVAL DAY(2) TO SECOND(6)')`,
		},
		"a FLOAT": {needs: oracle.Needs{FullLoad: true}, change: columnOf("FLOAT", "NULL"), want: []string{"note EXTRA "}},
		"a NUMBER(10, -2)": {
			needs:  oracle.Needs{FullLoad: true},
			change: columnOf("NUMBER", "NULL") + `UPDATE all_tab_cols SET data_precision = 10, data_scale = -2 WHERE column_name = 'EXTRA'`,
			want:   []string{"note EXTRA "},
		},
		"basic compression": {needs: following, change: `UPDATE all_tables SET compress_for = 'ADVANCED'`},
		"a type of SYS": {
			needs: oracle.Needs{FullLoad: true}, change: columnOf("AQ$_JMS_TEXT_MESSAGE", "SYS"),
			want: []string{"warning EXTRA exclude: [EXTRA]"},
		},
		"XMLTYPE that changes": {
			needs: following, change: columnOf("XMLTYPE", "PUBLIC"), want: []string{"note EXTRA "},
		},
		"LONG": {
			needs: oracle.Needs{FullLoad: true}, change: columnOf("LONG", "NULL"),
			want: []string{`warning EXTRA ALTER TABLE "SALES"."ORDERS" MODIFY ("EXTRA" CLOB);`},
		},
		"LONG RAW": {
			needs: oracle.Needs{FullLoad: true}, change: columnOf("LONG RAW", "NULL"),
			want: []string{`warning EXTRA ALTER TABLE "SALES"."ORDERS" MODIFY ("EXTRA" BLOB);`},
		},
		"extended VARCHAR2": {
			needs:  oracle.Needs{FullLoad: true},
			change: columnOf("VARCHAR2", "NULL") + `UPDATE all_tab_cols SET data_length = 4001 WHERE column_name = 'EXTRA'`,
		},
		"extended VARCHAR2 without a key": {
			needs: oracle.Needs{FullLoad: true},
			change: columnOf("VARCHAR2", "NULL") + `UPDATE all_tab_cols SET data_length = 4001 WHERE column_name = 'EXTRA';
				DELETE FROM all_constraints; DELETE FROM all_indexes; ALTER TABLE SALES.ORDERS ADD COLUMN EXTRA`,
			want: []string{"failed EXTRA exclude: [EXTRA]"},
		},
		"longest VARCHAR2": {
			needs:  oracle.Needs{FullLoad: true},
			change: columnOf("VARCHAR2", "NULL") + `UPDATE all_tab_cols SET data_length = 4000 WHERE column_name = 'EXTRA'`,
		},
		"extended RAW": {
			needs:  oracle.Needs{FullLoad: true},
			change: columnOf("RAW", "NULL") + `UPDATE all_tab_cols SET data_length = 2001 WHERE column_name = 'EXTRA'`,
			want:   []string{"warning EXTRA exclude: [EXTRA]"},
		},
		// This column cannot be made visible: In-Database Archiving owns it. It hides rows.
		"ORA_ARCHIVE_STATE": {
			needs: oracle.Needs{FullLoad: true},
			change: columnOf("VARCHAR2", "NULL") + `UPDATE all_tab_cols SET hidden_column = 'YES', column_name = 'ORA_ARCHIVE_STATE'
				WHERE column_name = 'EXTRA'`,
			want: []string{"warning  CREATE TRIGGER dms_archived_rows AFTER LOGON ON DMS.SCHEMA BEGIN EXECUTE IMMEDIATE " +
				"'ALTER SESSION SET ROW ARCHIVAL VISIBILITY = ALL'; END;"},
		},
		"no CREATE ANY DIRECTORY": {
			needs: following, change: `DELETE FROM session_privs WHERE privilege = 'CREATE ANY DIRECTORY'`,
			want: []string{"warning  GRANT CREATE ANY DIRECTORY TO DMS;"},
		},
		// On RDS this privilege cannot be granted.
		"no directories on RDS": {
			needs: following, change: onRDS + `DELETE FROM session_privs WHERE privilege = 'CREATE ANY DIRECTORY'`,
			want: []string{"warning  exec rdsadmin.rdsadmin_master_util.create_archivelog_dir; " +
				"exec rdsadmin.rdsadmin_master_util.create_onlinelog_dir; " +
				"GRANT READ ON DIRECTORY ONLINELOG_DIR TO DMS; GRANT READ ON DIRECTORY ARCHIVELOG_DIR TO DMS;"},
		},
		"directories on RDS": {
			needs: following, change: onRDS + `DELETE FROM session_privs WHERE privilege = 'CREATE ANY DIRECTORY';
				INSERT INTO all_directories (directory_name) VALUES ('ONLINELOG_DIR'), ('ARCHIVELOG_DIR')`,
		},
		"a user in lower case": {
			needs: following, change: `UPDATE userenv SET value = 'dms_user' WHERE name = 'SESSION_USER';
				DELETE FROM session_privs WHERE privilege = 'SELECT ANY TRANSACTION'`,
			want: []string{`failed  GRANT SELECT ANY TRANSACTION TO "dms_user";`},
		},
		"supplemental logging that another kind implies": {needs: following, change: `UPDATE v$database SET supplemental_log_data_min = 'IMPLICIT'`},
		"supplemental logging of the whole database": {
			needs: following, change: `UPDATE v$database SET supplemental_log_data_all = 'YES'; DELETE FROM all_log_groups`,
		},
		"a name of 31 bytes in 30 characters": {
			needs:  oracle.Needs{FullLoad: true},
			change: `UPDATE all_tab_cols SET column_name = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAÉ' WHERE column_name = 'NOTE'`,
			want: []string{`failed AAAAAAAAAAAAAAAAAAAAAAAAAAAAAÉ CREATE VIEW schema.name AS SELECT columns FROM "SALES"."ORDERS"; and in the ` +
				`file {table: SCHEMA.NAME, view: true}`},
		},
		"a name of 30 bytes": {
			needs:  oracle.Needs{FullLoad: true},
			change: `UPDATE all_tab_cols SET column_name = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' WHERE column_name = 'NOTE'`,
		},
		"a common user": {
			needs: following, change: `UPDATE userenv SET value = 'C##DMS' WHERE name = 'SESSION_USER';
				DELETE FROM session_privs WHERE privilege = 'SELECT ANY TRANSACTION'`,
			want: []string{`failed  GRANT SELECT ANY TRANSACTION TO C##DMS;`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			db.Run(t, test.change)
			var got []string
			for _, f := range oracle.Check(t.Context(), db, []oracle.Table{orders}, test.needs).Findings {
				got = append(got, string(f.Severity)+" "+f.Column+" "+f.Fix)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// Before a full load DMS itself waits for open transactions: a missing privilege gives only a note. A job without a load must
// begin at the oldest of them: then it gives a warning.
func TestTransactionsNotReadable(t *testing.T) {
	db := ready(t)
	db.FailWith("gv$transaction", errors.New("ORA-00942: table or view does not exist"))
	cdcOnly := following
	cdcOnly.FullLoad = false
	for _, test := range []struct {
		needs oracle.Needs
		want  oracle.Severity
	}{{following, oracle.Note}, {cdcOnly, oracle.Warning}} {
		got := oracle.Check(t.Context(), db, []oracle.Table{orders}, test.needs)
		if len(got.Findings) != 1 || got.Findings[0].Severity != test.want || got.Database.StartSCN != 0 {
			t.Errorf("full load %v: findings %+v, start %d; want a %s and no start", test.needs.FullLoad, got.Findings, got.Database.StartSCN,
				test.want)
		}
	}
}

// A check of no tables sends no dictionary query that Oracle would refuse.
func TestNoTables(t *testing.T) {
	if got := oracle.Check(t.Context(), ready(t), nil, following); len(got.Findings) > 0 {
		t.Errorf("findings %+v, want none", got.Findings)
	}
}

// A table with many plain NUMBERs has one finding for all of them, so that the findings of a job with a thousand tables
// stay readable.
func TestPlainNumbersOfATable(t *testing.T) {
	db := ready(t)
	db.Run(t, `UPDATE all_tab_cols SET data_type = 'NUMBER', data_precision = NULL, data_scale = NULL`)
	table := orders
	table.Exclude = []string{"PLACED"}
	got := oracle.Check(t.Context(), db, []oracle.Table{table}, oracle.Needs{FullLoad: true}).Findings
	if len(got) != 1 || got[0].Column != "ID, NOTE" || got[0].Assessment != "oracle-number-columns-without-scale" {
		t.Errorf("findings %+v, want one, of ID and NOTE", got)
	}
	db.Run(t, `UPDATE all_tab_cols SET data_scale = 0`) // INTEGER
	if got := oracle.Check(t.Context(), db, []oracle.Table{table}, oracle.Needs{FullLoad: true}).Findings; len(got) > 0 {
		t.Errorf("findings %+v, want none of NUMBER(*,0)", got)
	}
}
