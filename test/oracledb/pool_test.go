package oracledb

import (
	"database/sql/driver"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What is defined is there at once for a reader whose connection has read the definitions before.
func TestReadersSeeDefinitions(t *testing.T) {
	d := hr(t)
	added := Table{"HR", "ADDED"}
	if _, err := d.Columns(t.Context(), added); !errors.Is(err, ErrNoTable) {
		t.Fatalf("a table that is not there: %v", err)
	}
	if err := d.CreateTable(t.Context(), added, "ID NUMBER(10)"); err != nil {
		t.Fatal(err)
	}
	if err := d.AddColumn(t.Context(), added, "NOTE VARCHAR2(20)"); err != nil {
		t.Fatal(err)
	}
	columns, err := d.Columns(t.Context(), added)
	if err != nil || len(columns) != 2 || columns[1].Name != "NOTE" {
		t.Errorf("columns of what was added: %v, %v", columns, err)
	}
	tables, err := d.Tables(t.Context())
	if diff := cmp.Diff(tables, []Table{added, emp}); err != nil || diff != "" {
		t.Errorf("tables (-got +want): %v\n%s", err, diff)
	}
	if err := d.Drop(t.Context(), added); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Columns(t.Context(), added); !errors.Is(err, ErrNoTable) {
		t.Errorf("a table that was dropped: %v", err)
	}
}

// count is how many rows are left to read.
func count(t testing.TB, rows *Rows) (n int) {
	t.Helper()
	row := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return n
		case err != nil:
			t.Fatal(err)
		}
		n++
	}
}

// long is more rows of numbers than are read ahead.
const long = 40_000

// numbers is a query of so many rows.
const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n"

// Any number of readers may be in the midst of their rows, long ones and short ones, and only a few connections wait when
// they are done.
func TestManyReaders(t *testing.T) {
	d := hr(t)
	const readers, short = 12, 10
	var open []*Rows
	for i := range readers {
		rows, err := d.Select(t.Context(), numbers, int64([]int{short, long}[i%2]))
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, rows)
	}
	var reading sync.WaitGroup
	for i, rows := range open {
		reading.Go(func() {
			if got, want := count(t, rows), []int{short, long}[i%2]; got != want {
				t.Errorf("%d rows, want %d", got, want)
			}
			if err := rows.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	reading.Wait()
	if got := len(d.pool.conns); got == 0 || got > poolSize {
		t.Errorf("%d connections wait, want 1 to %d", got, poolSize)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if got := one(t, d, "SELECT count(*) FROM HR.EMP"); got == "0" {
		t.Error("a closed database has no rows")
	}
	if got := len(d.pool.conns); got != 0 {
		t.Errorf("%d connections wait after the end, want none", got)
	}
}

// A row that cannot be read fails where it stands, also one that was to be read ahead.
func TestRowThatFails(t *testing.T) {
	d := hr(t)
	rows, err := d.Select(t.Context(), "SELECT json(CASE WHEN i = 3 THEN 'no' ELSE i END) FROM ("+numbers+")", int64(5))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	row := make([]driver.Value, 1)
	for range 2 {
		if err := rows.Next(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Next(row); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("row 3: %v, want the error of its expression", err)
	}
}

// A connection of one bubble is good in the next one, and outside of them; a bubble whose readers wait for hours in the
// midst of their rows keeps its time going.
func TestBubblesShareConnections(t *testing.T) {
	d := hr(t)
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			var reading sync.WaitGroup
			for range poolSize + 1 {
				reading.Go(func() {
					rows, err := d.Select(t.Context(), numbers, int64(long))
					if err != nil {
						t.Error(err)
						return
					}
					time.Sleep(time.Hour)
					count(t, rows)
					if err := rows.Close(); err != nil {
						t.Error(err)
					}
				})
			}
			reading.Wait()
		})
		if got := one(t, d, "SELECT count(*) FROM HR.EMP"); got == "0" {
			t.Error("no rows")
		}
	}
}
