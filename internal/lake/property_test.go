package lake_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/lake"
)

// history has the rows that a CDC task wrote for a table, and the table at its source.
type history struct {
	loads, changes []commented // rows of files
	committed      int         // the number of changes that must be written, without copies
	now            map[int64]commented
}

// transactionRow is a change of a row, with its place in the redo log.
type transactionRow struct {
	row         commented
	transaction int
}

// drawHistory draws transactions. A full load includes the first ones, and the changes from some point on are captured. Some
// changes are captured several times, because DMS returns to a checkpoint.
func drawHistory(t *rapid.T) history {
	h := history{now: map[int64]commented{}}
	transactions := rapid.IntRange(0, 12).Draw(t, "transactions")
	loadedAt := rapid.IntRange(0, transactions).Draw(t, "loaded before transaction")
	capturedFrom := rapid.IntRange(0, loadedAt).Draw(t, "captured from transaction")
	commentFrom := rapid.IntRange(0, transactions).Draw(t, "comments from transaction")
	w := &writer{t: t}
	var log []transactionRow
	for i := range transactions + 1 {
		if i == loadedAt {
			for _, key := range slices.Sorted(maps.Keys(h.now)) {
				row := h.now[key]
				row.Op, row.SCN, row.Sequence, row.Timestamp = "I", "", "", "2026-11-22 02:00:00.000000"
				h.loads = append(h.loads, row)
			}
		}
		if i == transactions {
			break
		}
		w.time += rapid.IntRange(0, 1).Draw(t, "hundredths since the last commit")
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			row := h.change(t, i >= commentFrom)
			w.number(&row, log, i)
			log = append(log, transactionRow{row, i})
		}
	}
	written := map[[2]any]bool{}
	for _, c := range log {
		if c.transaction >= capturedFrom {
			h.changes = append(h.changes, c.row)
			written[[2]any{c.row.Key, c.row.SCN}] = true
		}
	}
	h.committed = len(written)
	for range rapid.IntRange(0, 2).Draw(t, "failures") {
		from := rapid.IntRange(capturedFrom, transactions).Draw(t, "back to transaction")
		to := rapid.IntRange(from, transactions).Draw(t, "up to transaction")
		renumber := rapid.Bool().Draw(t, "renumber")
		for _, c := range log {
			if c.transaction < from || c.transaction >= to {
				continue
			}
			if renumber {
				w.counter++
				c.row.Sequence = fmt.Sprintf("%s%019d", c.row.Sequence[:16], w.counter)
			}
			h.changes = append(h.changes, c.row)
		}
	}
	return h
}

// change changes a row of the source.
func (h *history) change(t *rapid.T, withComment bool) commented {
	row := commented{
		Op: "I", Key: rapid.Int64Range(-1, 4).Draw(t, "key"), Balance: rapid.Int64Range(-999, 999).Draw(t, "cents"),
		Name: rapid.StringMatching(`[A-Z][a-z]{0,3}`).Draw(t, "name"),
	}
	if withComment {
		text := rapid.StringN(0, 5, -1).Draw(t, "comment")
		row.Comment = &text
	}
	before, exists := h.now[row.Key]
	switch {
	case exists && rapid.Bool().Draw(t, "delete"):
		row = before
		row.Op = "D"
		delete(h.now, row.Key)
		return row
	case exists:
		row.Op = "U"
	}
	h.now[row.Key] = row
	return row
}

// writer numbers changes.
type writer struct {
	t                  *rapid.T
	time, scn, counter int
}

// number sets the headers of a change. A second change of a row in a transaction may have the same SCN.
func (w *writer) number(row *commented, log []transactionRow, transaction int) {
	w.scn++
	w.counter++
	row.SCN = fmt.Sprint(w.scn)
	before, ok := lastOf(log, row.Key)
	if ok && before.transaction == transaction && rapid.Bool().Draw(w.t, "same SCN") {
		row.SCN = before.row.SCN
	}
	row.Timestamp = fmt.Sprintf("2026-11-22 03:00:00.%02d0000", w.time)
	row.Sequence = fmt.Sprintf("20261122030000%02d%019d", w.time, w.counter)
}

// lastOf returns the last change of a row.
func lastOf(log []transactionRow, key int64) (last transactionRow, ok bool) {
	for _, c := range log {
		if c.row.Key == key {
			last, ok = c, true
		}
	}
	return last, ok
}

// files writes rows, in any order, into files with or without the column of comments.
func files(t *rapid.T, b bucket, name string, rows []commented) {
	if len(rows) > 0 {
		rows = rapid.Permutation(rows).Draw(t, "order")
	}
	for i := 0; len(rows) > 0; i++ {
		n := rapid.IntRange(1, len(rows)).Draw(t, "rows")
		body := fileOf(t, rows[:n]...)
		if old, ok := asCustomers(rows[:n]); ok && rapid.Bool().Draw(t, "old form") {
			body = fileOf(t, old...)
		}
		b["t/"+fmt.Sprintf(name, i)] = body
		rows = rows[n:]
	}
}

// asCustomers converts rows to rows without the column of comments, if no row has a comment.
func asCustomers(rows []commented) ([]customer, bool) {
	var old []customer
	for _, r := range rows {
		if r.Comment != nil {
			return nil, false
		}
		old = append(old, customer{r.Op, r.Timestamp, r.SCN, r.Sequence, r.Key, r.Name, r.Balance})
	}
	return old, true
}

// rows returns the rows that Read must return: key, name, balance and comment.
func (h history) rows() [][]any {
	var rows [][]any
	for _, key := range slices.Sorted(maps.Keys(h.now)) {
		r := h.now[key]
		var text any
		if r.Comment != nil {
			text = *r.Comment
		}
		rows = append(rows, []any{lake.Decimal(fmt.Sprint(key)), r.Name, money(r.Balance), text})
	}
	return rows
}

func money(cents int64) lake.Decimal {
	sign, n := "", cents
	if n < 0 {
		sign, n = "-", -n
	}
	text := strings.TrimRight(fmt.Sprintf("%d.%02d", n/100, n%100), "0")
	return lake.Decimal(sign + strings.TrimSuffix(text, "."))
}

func TestAnyHistoryEndsAsTheSource(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		b := bucket{}
		files(t, b, "LOAD%08X.parquet", h.loads)
		files(t, b, "2026/11/22/20261122-03000%d000.parquet", h.changes)
		table, err := reader(b).Read(t.Context(), "t", "C_CUSTKEY")
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range table.Rows {
			if len(row) == 3 {
				table.Rows[i] = append(row, nil) // no file has the column of comments
			}
		}
		if diff := cmp.Diff(table.Rows, h.rows()); diff != "" {
			t.Errorf("got -, want +:\n%s", diff)
		}
		want := lake.Met{
			Files: len(b), LoadRows: len(h.loads), Changes: h.committed, Duplicates: len(h.changes) - h.committed,
		}
		if diff := cmp.Diff(table.Met, want); diff != "" {
			t.Errorf("met: got -, want +:\n%s", diff)
		}
	})
}
