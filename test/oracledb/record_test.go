package oracledb

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The redo log has a row as Select reads it, for all types of columns and values, and also when a column was added
// after the row.
func TestRedoHasRowsAsTheyAreRead(t *testing.T) {
	script := `CREATE TABLE T (ID INTEGER PRIMARY KEY, N NUMBER, M NUMBER(12,2), F FLOAT, D BINARY_DOUBLE, V VARCHAR2(20),
		AT DATE, R RAW(20), B BLOB)`
	original := t.TempDir()
	if err := Create(original, "S", script); err != nil {
		t.Fatal(err)
	}
	first, err := Open(original)
	if err != nil {
		t.Fatal(err)
	}
	table := Table{"S", "T"}
	columns := []string{"N", "M", "F", "D", "V", "AT", "R", "B"}
	value := rapid.OneOf(
		rapid.Just[any](nil), rapid.Map(rapid.Int64Range(-3, 3), func(n int64) any { return n }),
		rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.SampledFrom([]any{0.0, 1.0, -2.5, 1e300, "", "7", "07", "2024-01-01", "ü", []byte{}, []byte("7"), []byte{0, 1}}),
	)
	rapid.Check(t, func(rt *rapid.T) {
		d, err := first.Clone(t.TempDir())
		if err != nil {
			rt.Fatal(err)
		}
		defer d.Close()
		columns := columns
		for i := range rapid.IntRange(1, 12).Draw(rt, "changes") {
			id := rapid.Int64Range(1, 3).Draw(rt, "id")
			switch rapid.SampledFrom([]string{"replace", "update", "upsert", "move", "add"}).Draw(rt, "change") {
			case "replace":
				args := []any{id}
				for _, c := range columns {
					args = append(args, value.Draw(rt, c))
				}
				run(rt, d, "REPLACE INTO S.T VALUES (?"+strings.Repeat(", ?", len(columns))+")", args...)
			case "update":
				c := rapid.SampledFrom(columns).Draw(rt, "column")
				run(rt, d, "UPDATE S.T SET "+c+" = ? WHERE ID >= ?", value.Draw(rt, c), id)
			case "upsert":
				c := rapid.SampledFrom(columns).Draw(rt, "column")
				run(rt, d, "INSERT INTO S.T (ID, "+c+") VALUES (?, ?) ON CONFLICT DO UPDATE SET "+c+" = excluded."+c, id, value.Draw(rt, c))
			case "move":
				run(rt, d, "UPDATE OR REPLACE S.T SET ID = ? WHERE ID = ?", id, rapid.Int64Range(1, 3).Draw(rt, "from"))
			case "add":
				name := fmt.Sprintf("X%d", i)
				if err := d.AddColumn(rt.Context(), table, name+" FLOAT DEFAULT 7"); err != nil {
					rt.Fatal(err)
				}
				columns = append(columns[:len(columns):len(columns)], name)
			}
		}
		changes, err := d.Changes(rt.Context(), 0, 1000)
		if err != nil {
			rt.Fatal(err)
		}
		rebuilt := map[any]string{}
		for _, c := range changes {
			switch c.Op {
			case Delete:
				delete(rebuilt, c.Values[0])
			case Insert, Update:
				rebuilt[c.Values[0]] = shown(c.Values)
			case Alter:
				for id := range rebuilt {
					rebuilt[id] += shown([]driver.Value{7.0})
				}
			}
		}
		real := map[any]string{}
		rows, err := d.Select(rt.Context(), "SELECT +ID, +"+strings.Join(columns, ", +")+" FROM S.T")
		if err != nil {
			rt.Fatal(err)
		}
		defer rows.Close()
		for row := make([]driver.Value, 1+len(columns)); rows.Next(row) == nil; {
			real[row[0]] = shown(row)
		}
		if diff := cmp.Diff(rebuilt, real); diff != "" {
			rt.Errorf("rebuilt from the redo log (-) and read (+):\n%s", diff)
		}
	})
}

func shown(values []driver.Value) string {
	var b strings.Builder
	for _, v := range values {
		fmt.Fprintf(&b, "%T %q; ", v, fmt.Sprint(v))
	}
	return b.String()
}

func run(t *rapid.T, d *Database, query string, args ...any) {
	if err := d.Write(t.Context(), func(tx *Tx) error { return tx.Exec(query, args...) }); err != nil {
		t.Fatal(err)
	}
}

// A failed statement leaves nothing in the log, even if its transaction continues.
func TestRedoOfAFailedStatement(t *testing.T) {
	d := hr(t)
	err := d.Write(t.Context(), func(tx *Tx) error {
		if err := tx.Exec("INSERT INTO HR.EMP (ID) VALUES (7), (8), (7)"); err == nil {
			t.Error("a key was inserted twice")
		}
		if err := tx.Exec("INSERT OR FAIL INTO HR.EMP (ID) VALUES (7), (8), (7)"); err == nil {
			t.Error("OR FAIL is accepted, want an error")
		}
		return tx.Exec("INSERT INTO HR.EMP (ID) VALUES (9)")
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := redo(t, d, 0), "1 in 1: I HR.EMP ID=9 NAME=<nil> PAY=<nil> BORN=<nil> SEEN=<nil>\n"; got != want {
		t.Errorf("log:\n%swant:\n%s", got, want)
	}
}
