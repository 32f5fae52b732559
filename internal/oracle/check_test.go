package oracle

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oralake/oralake/internal/oracle/oracletest"
)

var orders = Table{Schema: "SALES", Name: "ORDERS"}

func ready(t testing.TB) *oracletest.Database {
	return oracletest.Open(t, []string{"SALES"},
		oracletest.File(t, "testdata/dictionary.sql"), oracletest.File(t, "testdata/orders.sql"))
}

// following is what a job needs that follows changes of a pluggable database.
var following = Needs{FullLoad: true, CDC: true, Capture: BinaryReader}

// mining is the same with LogMiner, for which the database must not be pluggable.
var mining = Needs{FullLoad: true, CDC: true, Capture: LogMiner}

const notPluggable = `UPDATE v$database SET cdb = 'NO'; UPDATE userenv SET value = 'ORCL' WHERE name = 'CON_NAME';`

// columnOf adds a column to SALES.ORDERS.
func columnOf(kind, owner string) string {
	if owner != "NULL" {
		owner = "'" + owner + "'"
	}
	return `INSERT INTO all_tab_cols VALUES ('SALES', 'ORDERS', 'EXTRA', 9, '` + kind + `', ` + owner +
		`, NULL, NULL, 'Y', 1, 'NO', 'NO', 22);`
}

func TestReadyDatabase(t *testing.T) {
	for name, needs := range map[string]Needs{
		"full load": {FullLoad: true}, "binary reader": following, "logminer": mining,
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			if needs.Capture == LogMiner {
				db.Run(t, notPluggable)
			}
			report := Check(t.Context(), db, []Table{orders}, needs)
			if diff := cmp.Diff([]Finding{}, report.Findings); diff != "" {
				t.Errorf("findings of a database that is ready (-want +got):\n%s", diff)
			}
			if !report.Ready() {
				t.Error("not ready")
			}
		})
	}
}

// run makes a ready database unready by each row, and wants the one finding that comes of it.
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
				tables = []Table{orders}
				for _, f := range Check(t.Context(), db, tables, test.needs).Findings {
					t.Errorf("found before anything was wrong: %+v", f)
				}
			}
			db.Run(t, test.broken)
			report := Check(t.Context(), db, tables, test.needs)
			diff := cmp.Diff([]Finding{test.want}, report.Findings, cmpopts.IgnoreFields(Finding{}, "Text"))
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
	needs  Needs
	before string // makes the database ready for needs
	broken string
	tables []Table // default: SALES.ORDERS
	want   Finding // without its text
	text   string  // part of its text
}

// A column that stays behind is not found fault with.
func TestExcludedColumn(t *testing.T) {
	db := ready(t)
	db.Run(t, columnOf("BFILE", "NULL"))
	table := orders
	table.Exclude = []string{"EXTRA"}
	if got := Check(t.Context(), db, []Table{table}, following).Findings; len(got) > 0 {
		t.Errorf("findings %+v, want none", got)
	}
}

// Changes of LOBs are another matter than LOBs.
func TestLOBsThatChange(t *testing.T) {
	for capture, want := range map[string]string{
		LogMiner: "oracle-binary-lob-source-validation", BinaryReader: "oracle-validate-lob-to-streaming-target",
	} {
		db := ready(t)
		db.Run(t, notPluggable+columnOf("CLOB", "NULL")+
			`INSERT INTO all_lobs VALUES ('SALES', 'ORDERS', 'EXTRA', 'NO'); ALTER TABLE SALES.ORDERS ADD COLUMN EXTRA`)
		needs := following
		needs.Capture = capture
		got := Check(t.Context(), db, []Table{orders}, needs).Findings
		if len(got) != 1 || got[0].Assessment != want {
			t.Errorf("%s: findings %+v, want %s", capture, got, want)
		}
	}
}

// Where a view can be read, it does not matter what ALL_OBJECTS says.
func TestReadableViewIsNotMissed(t *testing.T) {
	db := ready(t)
	db.Run(t, `DELETE FROM all_objects WHERE object_name IN ('V_$THREAD', 'V_$LOG')`)
	if got := Check(t.Context(), db, []Table{orders}, following).Findings; len(got) > 0 {
		t.Errorf("findings %+v, want none", got)
	}
}

// A right to the whole dictionary needs no single ones.
func TestWholeDictionary(t *testing.T) {
	db := ready(t)
	db.Run(t, `DELETE FROM all_objects; INSERT INTO session_privs VALUES ('SELECT ANY DICTIONARY');
		INSERT INTO session_roles VALUES ('EXECUTE_CATALOG_ROLE')`+";"+notPluggable)
	if got := Check(t.Context(), db, []Table{orders}, mining).Findings; len(got) > 0 {
		t.Errorf("findings %+v, want none", got)
	}
}

// Oracle 11g has no containers, and says so with errors.
func TestBeforeContainers(t *testing.T) {
	db := ready(t)
	db.FailWith("CON_NAME", errors.New("ORA-02003: invalid USERENV parameter"))
	db.FailWith("cdb,", errors.New(`ORA-00904: "CDB": invalid identifier`))
	db.Run(t, `DELETE FROM session_privs WHERE privilege = 'LOGMINING'; DELETE FROM all_objects WHERE object_name = 'V_$CONTAINERS'`)
	report := Check(t.Context(), db, []Table{orders}, mining)
	if len(report.Findings) > 0 {
		t.Errorf("findings %+v, want none", report.Findings)
	}
	if report.Queries > 15 {
		t.Errorf("%d queries, want at most 15", report.Queries)
	}
}

// The SCN from which CDC must read is that of the oldest open transaction.
func TestStartSCN(t *testing.T) {
	db := ready(t)
	got := Check(t.Context(), db, []Table{orders}, following).Database
	if got.SCN != 5000 || got.StartSCN != 5000 {
		t.Errorf("SCN %d, start %d; want 5000 for both: no transaction is open", got.SCN, got.StartSCN)
	}
	db.Run(t, `INSERT INTO gv$transaction VALUES (4711), (4800)`)
	if got := Check(t.Context(), db, []Table{orders}, following).Database; got.StartSCN != 4711 {
		t.Errorf("start %d, want 4711", got.StartSCN)
	}
}

func TestCatalogueReads(t *testing.T) {
	for _, q := range catalogue {
		text := strings.ToUpper(q.text)
		if text != "{TABLES}" && !strings.HasPrefix(text, "SELECT ") {
			t.Errorf("%s does not begin with SELECT", q.name)
		}
		for _, word := range []string{"FOR UPDATE", "INSERT ", "DELETE ", "ALTER ", ";"} {
			if strings.Contains(text, word) {
				t.Errorf("%s contains %s", q.name, word)
			}
		}
		if strings.Contains(q.text, "{where}") != (q.owner != "" && q.table != "") {
			t.Errorf("%s: its condition and its columns do not belong together", q.name)
		}
		if q.loses == "" {
			t.Errorf("%s does not say what is lost with it", q.name)
		}
	}
}
