package oracledb

import (
	"errors"
	"slices"
	"testing"
)

const oneColumn = `CREATE TABLE EMP (ID NUMBER(10) NOT NULL, PRIMARY KEY (ID));`

// An open transaction is in GV$TRANSACTION until it ends. Its START_SCN is 0 until it has written.
func TestOpenTransactions(t *testing.T) {
	db, d := oracle(t, oneColumn)
	const query = `SELECT MIN(start_scn), COUNT(*) FROM gv$transaction WHERE start_date <= SYSDATE`
	want := func(when, want string) {
		t.Helper()
		if got := lines(t, db, query); got != want+"\n" {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	want("at first", "|0")
	reader, first := d.Begin(), d.Begin()
	want("before a statement", "0|2")
	if got := len(d.OpenTransactions()); got != 0 {
		t.Errorf("%d open transactions have written, want none", got)
	}
	if err := first.Exec("INSERT INTO HR.EMP VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	change(t, d, "INSERT INTO HR.EMP VALUES (2)", "INSERT INTO HR.EMP VALUES (3)")
	second := d.Begin()
	if err := errors.Join(second.Exec("INSERT INTO HR.EMP VALUES (4)"), first.Exec("DELETE FROM HR.EMP WHERE ID = 2")); err != nil {
		t.Fatal(err)
	}
	reader.Rollback()
	want("after two statements", "1000001|2")
	if got := lines(t, db, "SELECT COUNT(*) FROM HR.EMP"); got != "2\n" {
		t.Errorf("%s rows are visible, want the 2 that are committed", got)
	}
	if err := second.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := first.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	want("at the end", "|0")
	all, err := d.Changes(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var began []int64
	for _, c := range all {
		began = append(began, c.Began-firstSCN, c.SCN-firstSCN)
	}
	// Each change, as the SCN at which its transaction began and its own: two committed at once, one, and two of the oldest.
	if got, want := began, []int64{3, 3, 3, 4, 5, 7, 1, 8, 1, 9}; !slices.Equal(got, want) {
		t.Errorf("began and SCN %v, want %v", got, want)
	}
}

// A transaction that was rolled back, or whose statement fails, leaves nothing.
func TestOpenTransactionWithoutCommit(t *testing.T) {
	d := hr(t)
	tx := d.Begin()
	if err := tx.Exec("DELETE FROM HR.EMP"); err != nil {
		t.Fatal(err)
	}
	tx.Rollback()
	tx.Rollback()
	bad := d.Begin()
	if err := bad.Exec("INSERT INTO HR.NOTHING VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	if err := bad.Commit(t.Context()); err == nil {
		t.Error("a statement on a table that does not exist was committed")
	}
	for _, tx := range []*OpenTx{tx, bad} {
		if err := tx.Commit(t.Context()); !errors.Is(err, errEnded) {
			t.Errorf("commit again: %v, want %v", err, errEnded)
		}
		if err := tx.Exec("DELETE FROM HR.EMP"); !errors.Is(err, errEnded) {
			t.Errorf("another statement: %v, want %v", err, errEnded)
		}
	}
	if got := redo(t, d, 0); got != "" {
		t.Errorf("the redo log has %s", got)
	}
	if got := len(d.OpenTransactions()); got != 0 {
		t.Errorf("%d transactions are open, want none", got)
	}
}
