// Package laketest draws files that DMS may write to the lake for a table, for tests of readers of the lake.
package laketest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/lake"
)

// Row is a row of a file of table CUSTOMER. A row of a full load has no SCN and no sequence.
type Row struct {
	Op        string  `parquet:"Op,optional"`
	Timestamp string  `parquet:"ORALAKE_TS,optional"`
	Key       int64   `parquet:"C_CUSTKEY,decimal(0:18)"`
	Name      *string `parquet:"C_NAME,optional"`
	Balance   *int64  `parquet:"C_ACCTBAL,optional,decimal(2:15)"` // cents
	Comment   *string `parquet:"C_COMMENT,optional"`               // nil before the table got this column
	SCN       string  `parquet:"ORALAKE_SCN,optional"`
	Sequence  string  `parquet:"ORALAKE_SEQ,optional"`
}

// History has the rows that a CDC task wrote for a table, and the table at its source.
type History struct {
	Loads, Changes []Row // rows of files
	Committed      int   // the number of changes that must be written, without copies
	now            map[int64]Row
	keysOnly       bool
}

// transactionRow is a change of a row, with its place in the redo log.
type transactionRow struct {
	row         Row
	transaction int
}

// DrawHistory draws transactions. A full load includes the first ones, and the changes from some point on are captured. Some
// changes are captured several times, because DMS returns to a checkpoint.
func DrawHistory(t *rapid.T) History { return draw(t, false) }

// DrawKeyLoggedHistory draws the history of a table with supplemental logging of its key only. In the files, an update has the
// key and the columns that it changes; other columns are null.
func DrawKeyLoggedHistory(t *rapid.T) History { return draw(t, true) }

func draw(t *rapid.T, keysOnly bool) History {
	h := History{now: map[int64]Row{}, keysOnly: keysOnly}
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
				h.Loads = append(h.Loads, row)
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
			h.Changes = append(h.Changes, c.row)
			written[[2]any{c.row.Key, c.row.SCN}] = true
		}
	}
	h.Committed = len(written)
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
			h.Changes = append(h.Changes, c.row)
		}
	}
	return h
}

var (
	balances = rapid.Ptr(rapid.Int64Range(-999, 999), true)
	texts    = rapid.Ptr(rapid.StringMatching(`[A-Z][a-z]{0,3}`), true)
	comments = rapid.Ptr(rapid.StringN(0, 5, -1), true)
)

// change changes a row of the source. It returns what the redo log has of the change.
func (h *History) change(t *rapid.T, withComment bool) Row {
	row := Row{
		Op: "I", Key: rapid.Int64Range(-1, 4).Draw(t, "key"), Name: texts.Draw(t, "name"), Balance: balances.Draw(t, "cents"),
	}
	if withComment {
		row.Comment = comments.Draw(t, "comment")
	}
	before, exists := h.now[row.Key]
	if !exists {
		h.now[row.Key] = row
		return row
	}
	if rapid.Bool().Draw(t, "delete") {
		row = before
		row.Op = "D"
		delete(h.now, row.Key)
		return row
	}
	row.Op = "U"
	logged := row
	update(t, &row.Name, &logged.Name, before.Name)
	update(t, &row.Balance, &logged.Balance, before.Balance)
	update(t, &row.Comment, &logged.Comment, before.Comment)
	h.now[row.Key] = row
	if h.keysOnly {
		return logged
	}
	return row
}

// update decides whether an update changes a column from its value before to value. If not, value becomes the value before,
// which a log of keys lacks.
func update[T any](t *rapid.T, value, logged **T, before *T) {
	if rapid.Bool().Draw(t, "unchanged") {
		*value, *logged = before, nil
	}
}

// writer numbers changes.
type writer struct {
	t                  *rapid.T
	time, scn, counter int
}

// number sets the headers of a change. A second change of a row in a transaction may have the same SCN.
func (w *writer) number(row *Row, log []transactionRow, transaction int) {
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

// Rows returns the rows that a reader must return: key, name, balance and comment.
func (h History) Rows() [][]any {
	var rows [][]any
	for _, key := range slices.Sorted(maps.Keys(h.now)) {
		r := h.now[key]
		row := []any{lake.Decimal(fmt.Sprint(key)), nil, nil, nil}
		if r.Name != nil {
			row[1] = *r.Name
		}
		if r.Balance != nil {
			row[2] = Money(*r.Balance)
		}
		if r.Comment != nil {
			row[3] = *r.Comment
		}
		rows = append(rows, row)
	}
	return rows
}

// Money returns an amount as package lake reads it from a file.
func Money(cents int64) lake.Decimal {
	sign, n := "", cents
	if n < 0 {
		sign, n = "-", -n
	}
	text := strings.TrimRight(fmt.Sprintf("%d.%02d", n/100, n%100), "0")
	return lake.Decimal(sign + strings.TrimSuffix(text, "."))
}
