package scenarios_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// alter runs statements of a DBA.
func alter(t *testing.T, db *oracledb.Database, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if err := db.Alter(t.Context(), strings.TrimSuffix(s, ";")); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

const (
	dropAll   = "ALTER DATABASE DROP SUPPLEMENTAL LOG DATA (ALL) COLUMNS"
	logOfKeys = "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (PRIMARY KEY) COLUMNS"
	// The statements that oralake prints.
	minimalLogging  = `ALTER DATABASE ADD SUPPLEMENTAL LOG DATA;`
	customerLogging = `ALTER TABLE "SALES"."CUSTOMER" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;`
)

// customerInLake reads SALES.CUSTOMER from the lake.
func (f *following) customerInLake() (*lake.Table, error) {
	reader := lake.Reader{Objects: f.Objects, Bucket: f.outputs["LakeBucket"], Timestamp: "ORALAKE_TS"}
	return reader.Read(f.t.Context(), "cdc/SALES/CUSTOMER", "C_CUSTKEY")
}

// With supplemental logging of the key only, an update arrives without the columns that it did not change. The reader reports
// them. After logging of all columns and a reload, the table equals the source.
func TestKeyOnlyLogIsReportedByTheReader(t *testing.T) {
	db := writable(t)
	alter(t, db, dropAll, logOfKeys)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, func(*department.Job) {})
		f.customers(9001)
		f.write("UPDATE SALES.CUSTOMER SET C_ACCTBAL = 3 WHERE C_CUSTKEY IN (1, 9001)")
		time.Sleep(batch)
		table, err := f.customerInLake()
		if err != nil {
			t.Fatal(err)
		}
		missing := []string{"C_NAME", "C_ADDRESS", "C_NATIONKEY", "C_PHONE", "C_MKTSEGMENT", "C_COMMENT"}
		want := []lake.Unproven{{Row: 0, Columns: missing}, {Row: len(table.Rows) - 1, Columns: missing}}
		if diff := cmp.Diff(want, table.Unproven); diff != "" {
			t.Errorf("unproven nulls (-want +got):\n%s", diff)
		}
		if d, _ := f.Proof(f.outputs, db, "cdc", oracledb.Table{Schema: "SALES", Name: "CUSTOMER"}); d.Changed != 2 {
			t.Errorf("%d rows differ, want the two that were updated", d.Changed)
		}

		alter(t, db, customerLogging)
		f.follow(`"reload": ["SALES.CUSTOMER"]`)
		f.write("UPDATE SALES.CUSTOMER SET C_ACCTBAL = 4 WHERE C_CUSTKEY IN (1, 9001)")
		time.Sleep(batch)
		f.wantEqual("CUSTOMER")
		if table, err = f.customerInLake(); err != nil || len(table.Unproven) > 0 {
			t.Errorf("after the reload: %v, unproven nulls %v, want none", err, table.Unproven)
		}
	})
}

// Without any supplemental logging of the table, an update has no key. The table cannot be read, and the error has the fix.
func TestLogWithoutKeysIsAnErrorOfTheReader(t *testing.T) {
	db := writable(t)
	alter(t, db, dropAll)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, func(*department.Job) {})
		f.write("UPDATE SALES.CUSTOMER SET C_ACCTBAL = 3 WHERE C_CUSTKEY = 1")
		time.Sleep(batch)
		_, err := f.customerInLake()
		const want = "column C_CUSTKEY of the table's key is null: the redo log lacks it; add supplemental logging"
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	})
}

// Two rows whose keys are less than a millisecond apart are one row in the lake. The reader lists their key.
func TestKeysThatTheLakeCannotTellApart(t *testing.T) {
	db := writable(t)
	readings := oracledb.Table{Schema: "SALES", Name: "READINGS"}
	err := db.CreateTable(t.Context(), readings, `AT "TIMESTAMP(6)" NOT NULL, V NUMBER(4), PRIMARY KEY (AT)`)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, func(j *department.Job) { j.Tables = append(j.Tables, tableOf("READINGS")) })
		f.write("INSERT INTO SALES.READINGS VALUES ('2026-11-22 03:00:00.123', 1)",
			"INSERT INTO SALES.READINGS VALUES ('2026-11-22 03:00:00.1234', 2), ('2026-11-22 03:00:00.125', 3)")
		time.Sleep(batch)
		reader := lake.Reader{Objects: f.Objects, Bucket: f.outputs["LakeBucket"], Timestamp: "ORALAKE_TS"}
		table, err := reader.Read(t.Context(), "cdc/SALES/READINGS", "AT")
		if err != nil {
			t.Fatal(err)
		}
		want := [][]any{{time.Date(2026, 11, 22, 3, 0, 0, 123e6, time.UTC)}}
		if diff := cmp.Diff(want, table.SharedKeys); diff != "" || len(table.Rows) != 2 {
			t.Errorf("%d rows, want 2 of the 3; shared keys (-want +got):\n%s", len(table.Rows), diff)
		}
	})
}

// wantWholeRows compares what a record says about the rows of updates. It ignores the text and the hash of the tables.
func wantWholeRows(t *testing.T, run records.Run, want *records.WholeRows) {
	t.Helper()
	got := run.WholeRows
	if got != nil && got.Proof == records.Checked && (got.CheckedAt == nil || got.CheckedAt.After(run.RecordedAt)) {
		t.Errorf("it was checked at %v, want a time before the record", got.CheckedAt)
	}
	if got != nil && got.Text == "" {
		t.Error("the record has no text for people")
	}
	ignored := cmpopts.IgnoreFields(records.WholeRows{}, "CheckedAt", "Text", "TablesHash")
	if diff := cmp.Diff(want, got, ignored); diff != "" {
		t.Errorf("whole rows in the record (-want +got):\n%s", diff)
	}
}

// Without a check, every record of a job that follows changes has the statements that the job relies on.
func TestRecordSaysWhatNobodyChecked(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, func(j *department.Job) { j.Tables = append(j.Tables, tableOf("SUPPLIER")) })
		wantWholeRows(t, f.last(), &records.WholeRows{Proof: records.NotChecked, Tables: 2, Statements: []string{
			minimalLogging, customerLogging, `ALTER TABLE "SALES"."SUPPLIER" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;`,
		}})
		f.Run(f.outputs["StateMachineArn"], `{"job": "daily-parts"}`)
		if run := f.lastRun(f.outputs, "daily-parts"); run.WholeRows != nil {
			t.Errorf("a full load relies on %+v, want nothing", run.WholeRows)
		}
	})
}

// With a check, the record has what the check found, also in later runs that check nothing. It proves nothing about a table that
// is added later without a check.
func TestRecordSaysWhatTheCheckProved(t *testing.T) {
	db, d := writable(t), loadChecked(t)
	alter(t, db, dropAll, logOfKeys)
	d.Source.Check = department.CheckReport
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		change := func(edit func()) {
			t.Helper()
			edit()
			template, err := harness.Template(d.Name)
			if err != nil {
				t.Fatal(err)
			}
			a.PutManifest(d, template)
			time.Sleep(3 * time.Hour)
		}
		time.Sleep(3 * time.Hour)
		wantWholeRows(t, a.lastRun(outputs, "live"), &records.WholeRows{
			Proof: records.Checked, Tables: 1, Statements: []string{customerLogging},
		})
		live := job(t, d, "live")
		alter(t, db, customerLogging)
		change(func() { live.Tables = append(live.Tables, department.Table{Schema: "SALES", Name: "SUPPLIER"}) })
		const supplierLogging = `ALTER TABLE "SALES"."SUPPLIER" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;`
		wantWholeRows(t, a.lastRun(outputs, "live"), &records.WholeRows{
			Proof: records.Checked, Tables: 2, Whole: 1, Statements: []string{supplierLogging},
		})
		change(func() {
			d.Source.Check = department.CheckOff
			live.Tables = append(live.Tables, department.Table{Schema: "SALES", Name: "NATION"})
		})
		wantWholeRows(t, a.lastRun(outputs, "live"), &records.WholeRows{Proof: records.NotChecked, Tables: 3, Statements: []string{
			minimalLogging, customerLogging, supplierLogging, `ALTER TABLE "SALES"."NATION" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;`,
		}})
	})
}
