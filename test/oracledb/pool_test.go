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

// A reader sees a new definition at once, even if its connection has read the definitions before.
func TestReadersSeeDefinitions(t *testing.T) {
	d := hr(t)
	added := Table{"HR", "ADDED"}
	if _, err := d.Columns(t.Context(), added); !errors.Is(err, ErrNoTable) {
		t.Fatalf("a table that does not exist: %v", err)
	}
	if err := d.CreateTable(t.Context(), added, "ID NUMBER(10)"); err != nil {
		t.Fatal(err)
	}
	if err := d.AddColumn(t.Context(), added, "NOTE VARCHAR2(20)"); err != nil {
		t.Fatal(err)
	}
	columns, err := d.Columns(t.Context(), added)
	if err != nil || len(columns) != 2 || columns[1].Name != "NOTE" {
		t.Errorf("columns of the added table: %v, %v", columns, err)
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

// count counts the remaining rows.
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

// long is a number of rows that is more than readAhead covers.
const long = 40_000

// numbers is a query that returns the numbers from 1 to its argument.
const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n"

// Any number of goroutines may read long and short results at the same time. Only a few connections stay open
// afterwards.
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
		t.Errorf("%d idle connections, want 1 to %d", got, poolSize)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if got := one(t, d, "SELECT count(*) FROM HR.EMP"); got == "0" {
		t.Error("a closed database returned no rows")
	}
	if got := len(d.pool.conns); got != 0 {
		t.Errorf("%d idle connections after Close, want none", got)
	}
}

// Next fails at the row that cannot be read, even if that row was to be read ahead.
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

// A connection from one synctest bubble works in the next bubble and outside of bubbles. Time goes on in a bubble whose
// readers wait for hours between two rows.
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
