package oracledb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// one returns the only value of a query.
func one(t testing.TB, d *Database, query string, args ...any) string {
	t.Helper()
	rows, err := d.Select(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	row := make([]driver.Value, 1)
	if err := rows.Next(row); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(row[0])
}

// At scale 0.01 every table has a hundredth of its rows, and every foreign key points to a row.
func TestGenerate(t *testing.T) {
	dir := t.TempDir()
	reported := map[string]int64{}
	progress := func(table string, rows int64) { reported[table] = rows }
	if err := Generate(t.Context(), dir, 0.01, progress); err != nil {
		t.Fatal(err)
	}
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{
		"REGION": 5, "NATION": 25, "SUPPLIER": 100, "CUSTOMER": 1500, "PART": 2000, "PARTSUPP": 8000, "ORDERS": 15000,
		"LINEITEM": 60175, // dbgen makes as many for the first 15,000 orders
	}
	if diff := cmp.Diff(reported, want); diff != "" {
		t.Errorf("rows reported to progress (-got +want):\n%s", diff)
	}
	for table, rows := range want {
		if got, want := one(t, d, "SELECT count(*) FROM SALES."+table), fmt.Sprint(rows); got != want {
			t.Errorf("%s has %s rows, want %s", table, got, want)
		}
	}
	for _, key := range []struct{ from, column, to, key string }{
		{"NATION", "N_REGIONKEY", "REGION", "R_REGIONKEY"},
		{"SUPPLIER", "S_NATIONKEY", "NATION", "N_NATIONKEY"},
		{"CUSTOMER", "C_NATIONKEY", "NATION", "N_NATIONKEY"},
		{"PARTSUPP", "PS_PARTKEY", "PART", "P_PARTKEY"},
		{"PARTSUPP", "PS_SUPPKEY", "SUPPLIER", "S_SUPPKEY"},
		{"ORDERS", "O_CUSTKEY", "CUSTOMER", "C_CUSTKEY"},
		{"LINEITEM", "L_ORDERKEY", "ORDERS", "O_ORDERKEY"},
		{"LINEITEM", "(L_PARTKEY, L_SUPPKEY)", "PARTSUPP", "PS_PARTKEY, PS_SUPPKEY"},
	} {
		query := fmt.Sprintf("SELECT count(*) FROM SALES.%s WHERE %s NOT IN (SELECT %s FROM SALES.%s)",
			key.from, key.column, key.key, key.to)
		if got := one(t, d, query); got != "0" {
			t.Errorf("%s rows of %s point to no row of %s", got, key.from, key.to)
		}
	}

	// The same scale again writes nothing; another scale replaces the tables.
	reported = map[string]int64{}
	if err := Generate(t.Context(), dir, 0.01, progress); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(reported, want); diff != "" {
		t.Errorf("rows reported to progress by the second run (-got +want):\n%s", diff)
	}
	if err := Generate(t.Context(), dir, 0.001, nil); err != nil {
		t.Fatal(err)
	}
	if d, err = Open(dir); err != nil { // the database opened before still reads the old files
		t.Fatal(err)
	}
	if got, want := one(t, d, "SELECT count(*) FROM SALES.ORDERS"), "1500"; got != want {
		t.Errorf("%s orders at a tenth, want %s", got, want)
	}
}

func TestGenerateRefusals(t *testing.T) {
	for _, scale := range []float64{0, -1, 1.5, 30_000} {
		if err := Generate(t.Context(), t.TempDir(), scale, nil); err == nil {
			t.Errorf("scale %v: no error", scale)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("the caller cancels")
	dir := t.TempDir()
	err := Generate(ctx, dir, 0.01, func(string, int64) { cancel(stopped) })
	cancel(stopped)
	if err == nil {
		err = Generate(ctx, dir, 0.02, nil)
	}
	if !errors.Is(err, stopped) {
		t.Errorf("cancelled: got %v, want %v", err, stopped)
	}
	if _, reusable := reusable(dir, 0.02); reusable {
		t.Error("a cancelled Generate left a directory that looks complete")
	}
}

const script = `CREATE TABLE EMP (ID NUMBER(10) NOT NULL, NAME VARCHAR2(20), PAY NUMBER(12,2), BORN DATE,
	SEEN "TIMESTAMP(3) WITH TIME ZONE", PRIMARY KEY (ID)) WITHOUT ROWID;
	INSERT INTO EMP VALUES (1, 'Ann', 10.25, '1990-05-17', NULL), (2, 'Bob', 7, NULL, NULL);`

func hr(t testing.TB) *Database {
	t.Helper()
	dir := t.TempDir()
	if err := Create(dir, "HR", script); err != nil {
		t.Fatal(err)
	}
	if err := Create(dir, "EMPTY", ""); err != nil {
		t.Fatal(err)
	}
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDatabase(t *testing.T) {
	d := hr(t)
	tables, err := d.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tables, []Table{{"HR", "EMP"}}); diff != "" {
		t.Errorf("tables (-got +want):\n%s", diff)
	}
	columns, err := d.Columns(t.Context(), tables[0])
	if err != nil {
		t.Fatal(err)
	}
	want := []Column{
		{"ID", Type{Name: "NUMBER", Precision: 10}, false, 1},
		{"NAME", Type{Name: "VARCHAR2", Length: 20}, true, 0},
		{"PAY", Type{Name: "NUMBER", Precision: 12, Scale: 2}, true, 0},
		{"BORN", Type{Name: "DATE"}, true, 0},
		{"SEEN", Type{Name: "TIMESTAMP WITH TIME ZONE", Scale: 3}, true, 0},
	}
	if diff := cmp.Diff(columns, want); diff != "" {
		t.Errorf("columns (-got +want):\n%s", diff)
	}
	if got, want := one(t, d, `SELECT +"BORN" FROM "HR"."EMP" WHERE PAY > ?`, int64(10)), "1990-05-17"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, missing := range []Table{{"HR", "NOBODY"}, {"NOBODY", "EMP"}} {
		if _, err := d.Columns(t.Context(), missing); !errors.Is(err, ErrNoTable) {
			t.Errorf("%s: got %v, want %v", missing, err, ErrNoTable)
		}
	}
	if _, err := d.Select(t.Context(), "DELETE FROM HR.EMP"); err == nil {
		if got := one(t, d, "SELECT count(*) FROM HR.EMP"); got != "2" {
			t.Errorf("a reader deleted rows: %s remain", got)
		}
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no schema") {
		t.Errorf("an empty directory: %v", err)
	}
	if err := Create(d.dir, "HR", script); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("create a schema twice: %v", err)
	}
}

func TestReadersAtOnce(t *testing.T) {
	d := hr(t)
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			rows, err := d.Select(t.Context(), "SELECT ID FROM HR.EMP")
			if err != nil {
				t.Error(err)
				return
			}
			defer rows.Close()
			n := 0
			for row := make([]driver.Value, 1); ; n++ {
				if err := rows.Next(row); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Error(err)
					return
				}
			}
			if n != 2 {
				t.Errorf("%d rows, want 2", n)
			}
		})
	}
	readers.Wait()
}

func TestParseType(t *testing.T) {
	tests := []struct {
		declared string
		want     Type
	}{
		{"number", Type{Name: "NUMBER"}},
		{"NUMBER(10)", Type{Name: "NUMBER", Precision: 10}},
		{"NUMBER(15, 2)", Type{Name: "NUMBER", Precision: 15, Scale: 2}},
		{"NUMBER(*,0)", Type{Name: "NUMBER", Precision: 38}},
		{"NUMBER(5,-2)", Type{Name: "NUMBER", Precision: 5, Scale: -2}},
		{"INTEGER", Type{Name: "NUMBER", Precision: 38}},
		{"CHAR(1)", Type{Name: "CHAR", Length: 1}},
		{"VARCHAR2(10 BYTE)", Type{Name: "VARCHAR2", Length: 10}},
		{"TIMESTAMP", Type{Name: "TIMESTAMP", Scale: 6}},
		{"TIMESTAMP(0) WITH LOCAL TIME ZONE", Type{Name: "TIMESTAMP WITH LOCAL TIME ZONE"}},
		{"DOUBLE PRECISION", Type{Name: "DOUBLE PRECISION"}},
		{"BLOB", Type{Name: "BLOB"}},
	}
	for _, test := range tests {
		got, err := ParseType(test.declared)
		if err != nil {
			t.Errorf("%s: %v", test.declared, err)
		}
		if diff := cmp.Diff(got, test.want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", test.declared, diff)
		}
	}
	for _, declared := range []string{"", "NUMBER(", "9"} {
		if got, err := ParseType(declared); err == nil {
			t.Errorf("%q is %+v, want an error", declared, got)
		}
	}
}

func TestRegistry(t *testing.T) {
	d := hr(t)
	var r Registry
	o := Oracle{Host: "db", Port: 1521, Service: "HRPDB", Username: "DMS", Password: "tiger"}
	r.Add(o, d)
	if got, err := r.Connect(t.Context(), o); got != d || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	tests := []struct {
		change func(o *Oracle)
		want   string
	}{
		{func(o *Oracle) { o.Host = "other" }, "ORA-12541: TNS:no listener at other:1521"},
		{func(o *Oracle) { o.Port = 1522 }, "ORA-12541"},
		{func(o *Oracle) { o.Service = "PDB" }, "ORA-12514"},
		{func(o *Oracle) { o.Username = "SCOTT" }, "ORA-01017"},
		{func(o *Oracle) { o.Password = "" }, "ORA-01017"},
	}
	for _, test := range tests {
		wrong := o
		test.change(&wrong)
		if _, err := r.Connect(t.Context(), wrong); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%+v: got %v, want %s", wrong, err, test.want)
		}
	}
}
