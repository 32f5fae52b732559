// Package oraclecheck_test tests packages oracle and checkservice against package oracletest, which really runs their
// statements. Tests that need no database are in those packages.
package oraclecheck_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/test/oracletest"
)

var orders = oracle.Table{Schema: "SALES", Name: "ORDERS"}

func ready(t testing.TB) *oracletest.Database {
	return oracletest.Open(t, []string{"SALES"},
		oracletest.File(t, "testdata/dictionary.sql"), oracletest.File(t, "testdata/orders.sql"))
}

// following is what a job with CDC needs, on a pluggable database.
var following = oracle.Needs{FullLoad: true, CDC: true, Capture: oracle.BinaryReader}

// mining is the same with LogMiner. For LogMiner, the database must not be pluggable.
var mining = oracle.Needs{FullLoad: true, CDC: true, Capture: oracle.LogMiner}

const notPluggable = `UPDATE v$database SET cdb = 'NO'; UPDATE userenv SET value = 'ORCL' WHERE name = 'CON_NAME';`

// columnOf adds a column to SALES.ORDERS.
func columnOf(kind, owner string) string {
	if owner != "NULL" {
		owner = "'" + owner + "'"
	}
	virtual := "NO"
	if kind == "XMLTYPE" {
		virtual = "YES"
	}
	return `INSERT INTO all_tab_cols (owner, table_name, column_name, internal_column_id, data_type, data_type_owner, num_distinct,
		virtual_column) VALUES ('SALES', 'ORDERS', 'EXTRA', 9, '` + kind + `', ` + owner + `, 1, '` + virtual + `');`
}

func TestReadyDatabase(t *testing.T) {
	for name, needs := range map[string]oracle.Needs{
		"full load": {FullLoad: true}, "binary reader": following, "logminer": mining,
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			if needs.Capture == oracle.LogMiner {
				db.Run(t, notPluggable)
			}
			report := oracle.Check(t.Context(), db, []oracle.Table{orders}, needs)
			if diff := cmp.Diff([]oracle.Finding{}, report.Findings); diff != "" {
				t.Errorf("findings of a ready database (-want +got):\n%s", diff)
			}
			if !report.Ready() {
				t.Error("not ready")
			}
		})
	}
}

// run breaks a ready database with each row, and expects exactly the finding of that row.
func run(t *testing.T, rows map[string]readiness) {
	t.Helper()
	for name, test := range rows {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			if test.before != "" {
				db.Run(t, test.before)
			}
			tables := test.tables
			if tables == nil {
				tables = []oracle.Table{orders}
				for _, f := range oracle.Check(t.Context(), db, tables, test.needs).Findings {
					t.Errorf("findings before the database is broken: %+v", f)
				}
			}
			db.Run(t, test.broken)
			report := oracle.Check(t.Context(), db, tables, test.needs)
			diff := cmp.Diff([]oracle.Finding{test.want}, report.Findings, cmpopts.IgnoreFields(oracle.Finding{}, "Text"))
			if diff != "" {
				t.Fatalf("findings (-want +got):\n%s\n%+v", diff, report.Findings)
			}
			if got := report.Findings[0].Text; got == "" || !strings.Contains(got, test.text) {
				t.Errorf("text %q, want it to contain %q", got, test.text)
			}
		})
	}
}

// readiness is a row of the readiness table.
type readiness struct {
	needs  oracle.Needs
	before string // makes the database ready for needs
	broken string
	tables []oracle.Table // default: SALES.ORDERS
	want   oracle.Finding // without its text
	text   string         // part of its text
}

// An excluded column causes no finding.
func TestExcludedColumn(t *testing.T) {
	db := ready(t)
	db.Run(t, columnOf("BFILE", "NULL"))
	table := orders
	table.Exclude = []string{"EXTRA"}
	if got := oracle.Check(t.Context(), db, []oracle.Table{table}, following).Findings; len(got) > 0 {
		t.Errorf("findings %+v, want none", got)
	}
}

// Changes of LOBs need other checks than loaded LOBs.
func TestLOBsThatChange(t *testing.T) {
	for _, test := range []struct{ capture, version, want string }{
		{oracle.LogMiner, "12.2.0.1.0", "oracle-binary-lob-source-validation"},
		{oracle.LogMiner, "19.0.0.0.0", "oracle-update-lob-columns"},
		{oracle.BinaryReader, "19.0.0.0.0", "oracle-validate-lob-to-streaming-target"},
	} {
		db := ready(t)
		db.Run(t, `UPDATE product_component_version SET version = '`+test.version+`'`)
		db.Run(t, notPluggable+columnOf("CLOB", "NULL")+
			`INSERT INTO all_lobs (owner, table_name, column_name) VALUES ('SALES', 'ORDERS', 'EXTRA'); ALTER TABLE SALES.ORDERS ADD COLUMN EXTRA`)
		needs := following
		needs.Capture = test.capture
		got := oracle.Check(t.Context(), db, []oracle.Table{orders}, needs).Findings
		if len(got) != 1 || got[0].Assessment != test.want {
			t.Errorf("%s: findings %+v, want %s", test.capture, got, test.want)
		}
	}
}

// A user with the right to read the whole dictionary needs no right to a single view.
func TestWholeDictionary(t *testing.T) {
	db := ready(t)
	db.Run(t, `DROP TABLE v$nls_parameters; DELETE FROM all_tab_privs WHERE table_schema = 'SYS'; INSERT INTO session_privs (privilege) VALUES ('SELECT ANY DICTIONARY');
		INSERT INTO session_roles (role) VALUES ('EXECUTE_CATALOG_ROLE')`+";"+notPluggable)
	if got := oracle.Check(t.Context(), db, []oracle.Table{orders}, mining).Findings; len(got) > 0 {
		t.Errorf("findings %+v, want none", got)
	}
}

// Oracle 11g has no containers: it answers queries about them with errors.
func TestBeforeContainers(t *testing.T) {
	db := ready(t)
	db.FailWith("CON_NAME", errors.New("ORA-02003: invalid USERENV parameter"))
	db.FailWith("cdb,", errors.New(`ORA-00904: "CDB": invalid identifier`))
	db.Run(t, `UPDATE product_component_version SET version = '11.2.0.4.0';
		DELETE FROM session_privs WHERE privilege = 'LOGMINING'; DROP TABLE v$containers`)
	report := oracle.Check(t.Context(), db, []oracle.Table{orders}, mining)
	if len(report.Findings) > 0 {
		t.Errorf("findings %+v, want none", report.Findings)
	}
	if report.Queries > 15 {
		t.Errorf("%d queries, want at most 15", report.Queries)
	}
}

// CDC must start at the SCN of the oldest open transaction.
func TestStartSCN(t *testing.T) {
	db := ready(t)
	got := oracle.Check(t.Context(), db, []oracle.Table{orders}, following).Database
	if got.SCN != 5000 || got.StartSCN != 5000 {
		t.Errorf("SCN %d, start %d; want 5000 for both: no transaction is open", got.SCN, got.StartSCN)
	}
	db.Run(t, `INSERT INTO gv$transaction (start_scn) VALUES (4711), (4800)`)
	if got := oracle.Check(t.Context(), db, []oracle.Table{orders}, following).Database; got.StartSCN != 4711 {
		t.Errorf("start %d, want 4711", got.StartSCN)
	}
	// A transaction that has written nothing has the START_SCN 0.
	db.Run(t, `INSERT INTO gv$transaction (start_scn) VALUES (0)`)
	if got := oracle.Check(t.Context(), db, []oracle.Table{orders}, following).Database; got.StartSCN != 4711 {
		t.Errorf("start %d, want 4711 although another transaction has the START_SCN 0", got.StartSCN)
	}
}

// A standby does not show the open transactions of its primary. That matters to a job that loads nothing.
func TestStartSCNOfAStandby(t *testing.T) {
	for _, fullLoad := range []bool{true, false} {
		db := ready(t)
		db.Run(t, `UPDATE v$database SET database_role = 'PHYSICAL STANDBY', open_mode = 'READ ONLY WITH APPLY'`)
		needs := following
		needs.FullLoad = fullLoad
		got := oracle.Check(t.Context(), db, []oracle.Table{orders}, needs)
		warned := slices.ContainsFunc(got.Findings, func(f oracle.Finding) bool {
			return f.Assessment == "oralake-open-transactions" && f.Severity == oracle.Warning && strings.Contains(f.Fix, "openTransactionMinutes")
		})
		if warned == fullLoad || got.Database.SCN != 5000 || got.Database.StartSCN != 0 {
			t.Errorf("full load %v: warned %v, SCN %d, start %d; want a warning only without a load, and no start", fullLoad, warned,
				got.Database.SCN, got.Database.StartSCN)
		}
	}
}

// secondIndex is an index of SALES.ORDERS besides that of its key.
const secondIndex = `INSERT INTO all_indexes (owner, index_name, table_owner, table_name, uniqueness)
	VALUES ('SALES', 'I2', 'SALES', 'ORDERS', 'NONUNIQUE');
	INSERT INTO all_ind_columns (index_owner, index_name, table_owner, table_name, column_name, column_position)
	VALUES ('SALES', 'I2', 'SALES', 'ORDERS', 'PLACED', 1);`
