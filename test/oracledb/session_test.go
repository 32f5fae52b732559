package oracledb

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var somewhere = Oracle{Host: "db.example", Port: 1521, Service: "ORCLPDB1", Username: "dms_user", Password: "tiger"}

// oracle opens a session with a database that has the schema HR.
func oracle(t testing.TB, script string) (*sql.DB, *Database) {
	t.Helper()
	dir := t.TempDir()
	if err := Create(dir, "HR", script); err != nil {
		t.Fatal(err)
	}
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := &Registry{}
	r.Add(somewhere, d)
	db := r.Open(somewhere)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, d
}

// lines returns the rows of a query, one row a line.
func lines(t testing.TB, db *sql.DB, query string, args ...any) string {
	t.Helper()
	text, err := tryLines(t, db, query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return text
}

func tryLines(t testing.TB, db *sql.DB, query string, args ...any) (string, error) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	row, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	var b strings.Builder
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		for i, v := range row {
			if i > 0 {
				b.WriteString("|")
			}
			b.WriteString(v.String)
		}
		b.WriteString("\n")
	}
	return b.String(), rows.Err()
}

const staff = `
CREATE TABLE EMP (ID NUMBER(10) NOT NULL, NAME VARCHAR2(20) NOT NULL, PAY NUMBER(9,2), RATE NUMBER, HIRED DATE,
  SEEN "TIMESTAMP(3) WITH TIME ZONE", CV CLOB, FACE BLOB, PRIMARY KEY (ID));
CREATE UNIQUE INDEX EMP_NAME ON EMP (NAME, HIRED);
CREATE TABLE LOG (AT "TIMESTAMP(6)", TEXT VARCHAR2(100));
CREATE INDEX LOG_AT ON LOG (AT);
INSERT INTO EMP VALUES (-1, 'Ann', 0.5, 1, '2001-02-03', NULL, 'Zoë 𝄞', x'0102'), (2, 'Bob', NULL, 2, NULL, NULL, NULL, NULL),
  (3, 'Cid', -0.25, 3, '2001-02-03 04:05:06', NULL, '', NULL);
`

func TestDictionary(t *testing.T) {
	db, _ := oracle(t, staff)
	for _, test := range []struct{ query, want string }{
		{`SELECT owner, table_name, temporary, partitioned, num_rows FROM all_tables ORDER BY 2`, "HR|EMP|N|NO|3\nHR|LOG|N|NO|0\n"},
		{
			`SELECT column_name, data_type, data_length, data_precision, data_scale, nullable FROM all_tab_cols
				WHERE table_name IN (:t1) ORDER BY internal_column_id`,
			"ID|NUMBER|0|10|0|N\nNAME|VARCHAR2|20|||N\nPAY|NUMBER|0|9|2|Y\nRATE|NUMBER|0|||Y\nHIRED|DATE|0|||Y\n" +
				"SEEN|TIMESTAMP(3) WITH TIME ZONE|0|||Y\nCV|CLOB|0|||Y\nFACE|BLOB|0|||Y\n",
		},
		{`SELECT table_name, column_name FROM all_lobs ORDER BY 2`, "EMP|CV\nEMP|FACE\n"},
		{
			`SELECT owner, table_name, constraint_type, status, index_owner, index_name FROM all_constraints`,
			"HR|EMP|P|ENABLED|HR|EMP_PK\n",
		},
		{
			`SELECT i.table_name, i.index_name, i.uniqueness, ic.column_name, ic.column_position FROM all_indexes i
				JOIN all_ind_columns ic ON ic.index_owner = i.owner AND ic.index_name = i.index_name ORDER BY 2, 5`,
			"EMP|EMP_NAME|UNIQUE|NAME|1\nEMP|EMP_NAME|UNIQUE|HIRED|2\nEMP|EMP_PK|UNIQUE|ID|1\nLOG|LOG_AT|NONUNIQUE|AT|1\n",
		},
		{`SELECT segment_name, bytes FROM dba_segments ORDER BY 1`, "EMP|4096\nLOG|4096\n"},
		{`SELECT log_mode, cdb, current_scn FROM v$database`, "ARCHIVELOG|YES|1000000\n"},
		{`SELECT SYS_CONTEXT('USERENV', 'SESSION_USER'), SYS_CONTEXT('USERENV', 'CON_NAME') FROM dual`, "DMS_USER|ORCLPDB1\n"},
		{`SELECT dest_id, ROUND((SYSDATE - MIN(first_time)) * 24) FROM v$archived_log WHERE standby_dest = 'NO' GROUP BY dest_id`, "1|0\n"},
		{`SELECT directory_name FROM all_directories`, ""},
	} {
		var args []any
		if strings.Contains(test.query, ":t1") {
			args = append(args, sql.Named("t1", "EMP"))
		}
		if diff := cmp.Diff(test.want, lines(t, db, test.query, args...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.query, diff)
		}
	}
}

func TestSpelling(t *testing.T) {
	db, _ := oracle(t, staff)
	for _, test := range []struct{ query, want string }{
		{`SELECT TO_CHAR("PAY", 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''') FROM "HR"."EMP" ORDER BY "ID"`, ".5\n\n-.25\n"},
		{
			`SELECT TO_CHAR("HIRED", 'YYYY-MM-DD HH24:MI:SS') FROM "HR"."EMP" WHERE "HIRED" >= TO_DATE('2001-02-03', 'YYYY-MM-DD')`,
			"2001-02-03 00:00:00\n2001-02-03 04:05:06\n",
		},
		// Every form of a date in a filter.
		{
			`SELECT TO_DATE('2001-02-03 04:05', 'YYYY-MM-DD HH24:MI'), TO_DATE('2001-02-03T04:05', 'YYYY-MM-DD"T"HH24:MI') FROM dual`,
			"2001-02-03 04:05:00|2001-02-03 04:05:00\n",
		},
		{`SELECT COUNT(*) FROM "HR"."EMP" WHERE "NAME" = CAST('Ann' AS CHAR(2000))`, "1\n"},
		{`SELECT LENGTH("CV"), LENGTH("FACE") FROM "HR"."EMP" WHERE ID = -1`, "6|2\n"},
		{`SELECT COUNT(*) FROM (SELECT 1 FROM "HR"."EMP" WHERE ROWNUM <= 2)`, "2\n"},
		{`SELECT COUNT(*) FROM "HR"."EMP" SAMPLE BLOCK (100)`, "3\n"},
		{`SELECT NAME FROM HR.EMP ORDER BY NLSSORT(NAME, 'NLS_SORT=BINARY') DESC`, "Cid\nBob\nAnn\n"},
		// Quoted text stays as it is.
		{`SELECT 'SYSDATE isn''t LENGTH(x)' AS "WHERE ROWNUM <= 1" FROM dual`, "SYSDATE isn't LENGTH(x)\n"},
		{`SELECT COUNT(*) FROM HR.EMP WHERE ID = TO_NUMBER('-1', 'S9')`, "1\n"},
	} {
		if got := lines(t, db, test.query); got != test.want {
			t.Errorf("%s: got %q, want %q", test.query, got, test.want)
		}
	}
}

// Quoted text is never changed, and no statement makes spell panic.
func TestSpellingLeavesQuotesAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-z' "]|SYSDATE|WHERE ROWNUM <= 1){0,12}`).Draw(t, "text")
		quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
		if got, want := spell("SELECT "+quoted+" FROM dual"), "SELECT "+quoted+" FROM dual"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		spell(text)
	})
}

func TestRefusals(t *testing.T) {
	db, _ := oracle(t, staff)
	for query, want := range map[string]string{
		`SELECT * FROM HR.NOBODY`:                                       "ORA-00942",
		`SELECT * FROM v$sesstat`:                                       "ORA-00942",
		`SELECT WAGE FROM HR.EMP`:                                       "ORA-00904",
		`SELECT LISTAGG(NAME) FROM HR.EMP`:                              "ORA-00904",
		`SELECT TO_CHAR(HIRED, 'DD.MM.YY') FROM HR.EMP`:                 "ORA-00909",
		`SELECT TO_NUMBER('x', '9') FROM dual`:                          "ORA-01722",
		`SELECT TO_DATE('soon', 'YYYY-MM-DD') FROM dual`:                "ORA-01861",
		`SELECT SYS_CONTEXT('USERENV', 'ISDBA') FROM dual`:              "ORA-02003",
		`SELECT NLSSORT(NAME, 'NLS_SORT=GERMAN') FROM HR.EMP`:           "ORA-00909",
		`SELECT COUNT(*) FROM HR.EMP SAMPLE BLOCK (1) WHERE 1 = 1`:      "ORA-00900",
		`SELECT NAME FROM HR.EMP FETCH FIRST 1 ROWS ONLY`:               "ORA-00900",
		`DELETE FROM HR.EMP`:                                            "ORA-00900",
		`SELECT COUNT(*) FROM "HR"."EMP" AS OF SCN 5`:                   "ORA-08181",
		`SELECT COUNT(*) FROM "HR"."EMP" AS OF SCN 9999999999999999999`: "ORA-08181",
	} {
		if got, err := tryLines(t, db, query); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %q, %v, want %s", query, got, err, want)
		}
	}
	for statement, want := range map[string]string{
		`DROP TABLE HR.EMP`: "ORA-00900", `GRANT DBA TO PUBLIC`: "ORA-00900",
		`ALTER TABLE HR.EMP ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS; DROP TABLE HR.EMP`: "ORA-00900",
		`ALTER TABLE HR.NOBODY ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS`:                 "ORA-00942",
		`ALTER TABLE HR.EMP DROP SUPPLEMENTAL LOG DATA (ALL) COLUMNS`:                   "ORA-32587",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", statement, err, want)
		}
	}
	other := somewhere
	other.Password = "lion"
	r := &Registry{}
	if err := r.Open(other).PingContext(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "ORA-12541") {
		t.Errorf("got %v, want ORA-12541", err)
	}
}

func TestSupplementalLogging(t *testing.T) {
	db, d := oracle(t, staff)
	const groups = `SELECT table_name, log_group_type FROM all_log_groups ORDER BY 2`
	exec := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	exec(`ALTER TABLE "HR"."EMP" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS`)
	exec(`alter table hr.emp add supplemental log data (primary key) columns`)
	if _, err := db.ExecContext(t.Context(), `ALTER TABLE HR.EMP ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS`); err == nil ||
		!strings.HasPrefix(err.Error(), "ORA-32588") {
		t.Errorf("add logging twice: got %v, want ORA-32588", err)
	}
	copied, err := d.Clone(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]*Database{"the database": d, "its clone": copied} {
		r := &Registry{}
		r.Add(somewhere, of)
		reopened := r.Open(somewhere)
		if got, want := lines(t, reopened, groups), "EMP|ALL COLUMN LOGGING\nEMP|PRIMARY KEY LOGGING\n"; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
		if err := reopened.Close(); err != nil {
			t.Error(err)
		}
	}
	exec(`ALTER TABLE HR.EMP DROP SUPPLEMENTAL LOG DATA (ALL) COLUMNS`)
	if got := d.supplemental.of(Table{"HR", "EMP"}); len(got) != 1 {
		t.Errorf("got %v, want only the logging of the primary key", got)
	}
}

// A count AS OF SCN works until the table changes.
func TestAsOfSCN(t *testing.T) {
	db, d := oracle(t, staff)
	scn := func() int64 {
		n, err := d.SCN(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	count := func(table string, at int64) string {
		got, err := tryLines(t, db, fmt.Sprintf(`SELECT COUNT(*) FROM "HR"."%s" AS OF SCN %d WHERE 1 = 1`, table, at))
		if err != nil {
			return err.Error()
		}
		return strings.TrimSpace(got)
	}
	before := scn()
	change(t, d, `INSERT INTO HR.LOG VALUES ('2001-02-03', 'a')`)
	after := scn()
	for _, test := range []struct {
		table string
		at    int64
		want  string
	}{
		{"EMP", before, "3"},
		{"LOG", before, "ORA-01555: snapshot too old"},
		{"LOG", after, "1"},
	} {
		if got := count(test.table, test.at); got != test.want {
			t.Errorf("%s as of %d: got %s, want %s", test.table, test.at, got, test.want)
		}
	}
	for table, want := range map[string]string{"EMP": "0\n", "LOG": "1\n"} {
		got := lines(t, db, fmt.Sprintf(
			`SELECT COUNT(*) FROM "HR"."%s" VERSIONS BETWEEN SCN %d AND MAXVALUE WHERE VERSIONS_OPERATION IS NOT NULL`, table, before))
		if got != want {
			t.Errorf("%s has %q versions since the SCN, want %q", table, got, want)
		}
	}
	if err := d.AddColumn(t.Context(), Table{"HR", "LOG"}, "NOTE VARCHAR2(20)"); err != nil {
		t.Fatal(err)
	}
	if got := count("LOG", after); !strings.HasPrefix(got, "ORA-01466") {
		t.Errorf("after a definition: got %s, want ORA-01466", got)
	}
	d.ForgetBefore(scn())
	if got := count("EMP", before); !strings.HasPrefix(got, "ORA-01555") {
		t.Errorf("without the log: got %s, want ORA-01555", got)
	}
}
