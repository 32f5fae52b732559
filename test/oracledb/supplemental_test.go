package oracledb

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// logged prints what the redo log has after an SCN, one line for each change.
func logged(t testing.TB, d *Database, after int64) string {
	t.Helper()
	changes, err := d.Changes(t.Context(), after, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprint(&b, c.Op)
		if c.Whole() {
			b.WriteString(" whole")
		}
		for i, v := range c.Logged() {
			fmt.Fprintf(&b, " %s=%v", c.Columns[i].Name, v)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// An UPDATE writes to the redo log the columns that it changes, and those of supplemental logging. An INSERT and a DELETE
// write the whole row.
func TestRedoHasTheLoggedColumns(t *testing.T) {
	const (
		all = `ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS`
		key = `ADD SUPPLEMENTAL LOG DATA (PRIMARY KEY) COLUMNS`
	)
	whole := `I whole ID=7 NAME=Gus PAY=1 BORN=<nil> SEEN=<nil>
U whole ID=7 NAME=Gus PAY=2 BORN=<nil> SEEN=<nil>
D whole ID=7 NAME=Gus PAY=2 BORN=<nil> SEEN=<nil>
I whole ID=8 NAME=Gus PAY=2 BORN=<nil> SEEN=<nil>
D whole ID=8 NAME=Gus PAY=2 BORN=<nil> SEEN=<nil>
`
	ofKey := `I whole ID=7 NAME=Gus PAY=1 BORN=<nil> SEEN=<nil>
U ID=7 NAME=<nil> PAY=2 BORN=<nil> SEEN=<nil>
D ID=7 NAME=<nil> PAY=<nil> BORN=<nil> SEEN=<nil>
U ID=8 NAME=<nil> PAY=<nil> BORN=<nil> SEEN=<nil>
D whole ID=8 NAME=Gus PAY=2 BORN=<nil> SEEN=<nil>
`
	for name, test := range map[string]struct {
		statements []string
		want       string
	}{
		"minimal": {want: strings.Replace(ofKey, "U ID=7", "U ID=<nil>", 1)},
		"minimal, written out": {
			[]string{"ALTER DATABASE ADD SUPPLEMENTAL LOG DATA"}, strings.Replace(ofKey, "U ID=7", "U ID=<nil>", 1),
		},
		"key of the table":        {[]string{"ALTER TABLE HR.EMP " + key}, ofKey},
		"keys of all tables":      {[]string{"ALTER DATABASE " + key}, ofKey},
		"all columns":             {[]string{`ALTER TABLE "HR"."EMP" ` + all}, whole},
		"all columns of all":      {[]string{"ALTER DATABASE " + all}, whole},
		"all columns, no longer":  {[]string{"ALTER DATABASE " + key, "ALTER TABLE HR.EMP " + all, "ALTER TABLE HR.EMP DROP" + all[3:]}, ofKey},
		"the larger of the two":   {[]string{"ALTER DATABASE " + all, "ALTER TABLE HR.EMP " + key}, whole},
		"twice for the database":  {[]string{"ALTER DATABASE " + key, "ALTER DATABASE " + key}, ofKey},
		"dropped in the database": {[]string{"ALTER DATABASE " + all, "ALTER TABLE HR.EMP " + key, "ALTER DATABASE DROP" + all[3:]}, ofKey},
	} {
		t.Run(name, func(t *testing.T) {
			d := hr(t)
			for _, statement := range test.statements {
				if err := d.Alter(t.Context(), statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
			change(t, d, "INSERT INTO HR.EMP (ID, NAME, PAY) VALUES (7, 'Gus', 1)")
			change(t, d, "UPDATE HR.EMP SET PAY = 2 WHERE ID = 7")
			change(t, d, "UPDATE HR.EMP SET ID = 8 WHERE ID = 7")
			change(t, d, "DELETE FROM HR.EMP WHERE ID = 8")
			if diff := cmp.Diff(logged(t, d, 0), test.want); diff != "" {
				t.Errorf("log (-got +want):\n%s", diff)
			}
		})
	}
}

// Oracle logs all columns of a table that has no key, if it logs the keys.
func TestKeyLoggingWithoutAKey(t *testing.T) {
	_, d := oracle(t, staff)
	change(t, d, "INSERT INTO HR.LOG VALUES ('2001-02-03', 'a')")
	for _, test := range []struct{ statement, want string }{
		{"ALTER DATABASE ADD SUPPLEMENTAL LOG DATA", "U AT=<nil> TEXT=b\n"},
		{"ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (PRIMARY KEY) COLUMNS", "U whole AT=2001-02-03 TEXT=bb\n"},
	} {
		if err := d.Alter(t.Context(), test.statement); err != nil {
			t.Fatal(err)
		}
		scn, err := d.SCN(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		change(t, d, "UPDATE HR.LOG SET TEXT = replace(TEXT || 'b', 'a', '')")
		if got := logged(t, d, scn); got != test.want {
			t.Errorf("%s: got %q, want %q", test.statement, got, test.want)
		}
	}
}

// A table that is dropped and created again has no logging of its own, as in Oracle.
func TestDroppedTableLosesItsLogging(t *testing.T) {
	db, d := oracle(t, staff)
	log := Table{"HR", "LOG"}
	for _, err := range []error{
		d.Alter(t.Context(), "ALTER TABLE HR.LOG ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS"),
		d.Drop(t.Context(), log), d.CreateTable(t.Context(), log, "ID NUMBER(4) NOT NULL, N NUMBER(4), PRIMARY KEY (ID)"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := lines(t, db, "SELECT table_name FROM all_log_groups"); got != "" {
		t.Errorf("log groups %q, want none", got)
	}
	change(t, d, "INSERT INTO HR.LOG VALUES (1, 1)")
	scn, err := d.SCN(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	change(t, d, "UPDATE HR.LOG SET N = 2")
	if got, want := logged(t, d, scn), "U ID=<nil> N=2\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// V$DATABASE shows the logging of the database.
func TestLoggingOfTheDatabase(t *testing.T) {
	db, d := oracle(t, staff)
	const query = "SELECT supplemental_log_data_min, supplemental_log_data_pk, supplemental_log_data_all FROM v$database"
	for _, test := range []struct{ statement, want string }{
		{"ALTER DATABASE ADD SUPPLEMENTAL LOG DATA", "YES|NO|NO\n"},
		{"ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (PRIMARY KEY) COLUMNS", "YES|YES|NO\n"},
		{"ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS", "YES|YES|YES\n"},
		{"ALTER DATABASE DROP SUPPLEMENTAL LOG DATA (PRIMARY KEY) COLUMNS", "YES|NO|YES\n"},
	} {
		if err := d.Alter(t.Context(), test.statement); err != nil {
			t.Fatal(err)
		}
		if got := lines(t, db, query); got != test.want {
			t.Errorf("after %s: got %q, want %q", test.statement, got, test.want)
		}
	}
	for _, refused := range []string{
		"ALTER DATABASE DROP SUPPLEMENTAL LOG DATA", "ALTER TABLE HR.EMP ADD SUPPLEMENTAL LOG DATA",
		"ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (UNIQUE) COLUMNS",
	} {
		if err := d.Alter(t.Context(), refused); err == nil || !strings.HasPrefix(err.Error(), "ORA-00900") {
			t.Errorf("%s: got %v, want ORA-00900", refused, err)
		}
	}
}
