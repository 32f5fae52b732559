package demo

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/oracledb"
)

// sample returns a small source that can be changed.
func sample(t *testing.T) *oracledb.Database {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "source")
	if err := oracledb.Generate(t.Context(), dir, 0.001, nil); err != nil {
		t.Fatal(err)
	}
	db, err := oracledb.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Every table of the sample can be changed repeatedly, with every kind of transaction of the demonstration.
func TestEveryTableCanBeChanged(t *testing.T) {
	db := sample(t)
	tables, err := db.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		t.Run(table.Name, func(t *testing.T) {
			c, err := newChanger(t.Context(), db, table)
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				before, err := db.SCN(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if err := c.change(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := c.touch(t.Context(), 3); err != nil {
					t.Fatal(err)
				}
				ops, mixed := kinds(t, db, before)
				if ops[oracledb.Insert] == 0 || ops[oracledb.Update] == 0 || ops[oracledb.Delete] == 0 || mixed != 1 {
					t.Errorf("changes %v, %d transactions of all kinds; want some of each kind, and one", ops, mixed)
				}
				all, err := made(t.Context(), db, before)
				if err != nil {
					t.Fatal(err)
				}
				want := map[oracledb.Table]int{table: ops[oracledb.Insert] + ops[oracledb.Update] + ops[oracledb.Delete]}
				if diff := cmp.Diff(want, all); diff != "" {
					t.Errorf("changes made (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// kinds counts the changes since an SCN and the transactions that have changes of all kinds.
func kinds(t *testing.T, db *oracledb.Database, since int64) (ops map[oracledb.Op]int, mixed int) {
	t.Helper()
	changes, err := db.Changes(t.Context(), since, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	ops = map[oracledb.Op]int{}
	in := map[int64]map[oracledb.Op]bool{}
	for _, c := range changes {
		ops[c.Op]++
		if in[c.Transaction] == nil {
			in[c.Transaction] = map[oracledb.Op]bool{}
		}
		in[c.Transaction][c.Op] = true
	}
	for _, of := range in {
		if len(of) == 3 {
			mixed++
		}
	}
	return ops, mixed
}

func TestSmallest(t *testing.T) {
	db := sample(t)
	got, err := smallest(t.Context(), db, 50, func(taken oracledb.Table) bool { return taken.Name == "CUSTOMER" })
	if err != nil || got != (oracledb.Table{Schema: "SALES", Name: "PART"}) {
		t.Errorf("smallest = %s, %v; want SALES.PART: SUPPLIER has 10 rows, CUSTOMER is taken", got, err)
	}
	got, err = smallest(t.Context(), db, 50, func(oracledb.Table) bool { return true })
	if err != nil || got != (oracledb.Table{}) {
		t.Errorf("smallest of none = %s, %v", got, err)
	}
}
