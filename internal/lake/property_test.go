package lake_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/lake/laketest"
)

// files writes rows in any order into files of either form.
func files(t *rapid.T, b bucket, name string, rows []laketest.Row) {
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

// asCustomers are rows in the form that has no comments and no nulls, unless one has a comment or a null.
func asCustomers(rows []laketest.Row) ([]customer, bool) {
	var old []customer
	for _, r := range rows {
		if r.Comment != nil || r.Name == nil || r.Balance == nil {
			return nil, false
		}
		old = append(old, customer{r.Op, r.Timestamp, r.SCN, r.Sequence, r.Key, *r.Name, *r.Balance})
	}
	return old, true
}

func TestAnyHistoryEndsAsTheSource(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := laketest.DrawHistory(t)
		b := bucket{}
		files(t, b, "LOAD%08X.parquet", h.Loads)
		files(t, b, "2026/11/22/20261122-03000%d000.parquet", h.Changes)
		table, err := reader(b).Read(t.Context(), "t", "C_CUSTKEY")
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range table.Rows {
			if len(row) == 3 {
				table.Rows[i] = append(row, nil) // no file has comments
			}
		}
		if diff := cmp.Diff(table.Rows, h.Rows()); diff != "" {
			t.Errorf("got -, want +:\n%s", diff)
		}
		want := lake.Met{
			Files: len(b), LoadRows: len(h.Loads), Changes: h.Committed, Duplicates: len(h.Changes) - h.Committed,
		}
		if diff := cmp.Diff(table.Met, want); diff != "" {
			t.Errorf("met: got -, want +:\n%s", diff)
		}
	})
}
