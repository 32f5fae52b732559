package lake_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/lake/laketest"
)

// keyOnly returns the row of an update whose redo log has the key and the columns of the update. A nil value is missing.
func keyOnly(n int, key int64, name *string, cents *int64) laketest.Row {
	row := changed("U", n, key, "", 0).comment(nil)
	row.Name, row.Balance = name, cents
	return row
}

func TestUnproven(t *testing.T) {
	bea, cents := aws.String("Bea"), aws.Int64(7)
	whole := func(op string, n int) laketest.Row { return changed(op, n, 1, "Al", 50).comment(nil) }
	noName := func(op string, n int) laketest.Row {
		row := whole(op, n)
		row.Name = nil
		return row
	}
	load := loaded(1, "Al", 50).comment(nil)
	loadNoName := load
	loadNoName.Name = nil
	again := keyOnly(2, 1, nil, cents) // a copy of the second change, after the third
	again.Sequence = again.Sequence[:16] + "0000000000000000009"
	for name, test := range map[string]struct {
		loads, changes []laketest.Row
		want           []string // the unproven columns of row 1
	}{
		"a column that was loaded is null":            {[]laketest.Row{load}, []laketest.Row{keyOnly(1, 1, nil, cents)}, []string{"C_NAME"}},
		"a column was null when it was loaded":        {[]laketest.Row{loadNoName}, []laketest.Row{keyOnly(1, 1, nil, cents)}, nil},
		"a column was updated, then another":          {[]laketest.Row{loadNoName}, []laketest.Row{keyOnly(1, 1, bea, nil), keyOnly(2, 1, nil, cents)}, []string{"C_NAME"}},
		"an earlier update lacks a column":            {[]laketest.Row{load}, []laketest.Row{keyOnly(1, 1, nil, cents), keyOnly(2, 1, bea, cents)}, nil},
		"a null in two updates":                       {[]laketest.Row{load}, []laketest.Row{keyOnly(1, 1, nil, cents), keyOnly(2, 1, nil, cents)}, []string{"C_NAME"}},
		"no earlier row is known":                     {nil, []laketest.Row{keyOnly(1, 1, nil, cents)}, []string{"C_NAME", "C_COMMENT"}},
		"an insert has the whole row":                 {[]laketest.Row{load}, []laketest.Row{whole("D", 1), noName("I", 2)}, nil},
		"an update after an insert":                   {[]laketest.Row{load}, []laketest.Row{whole("D", 1), noName("I", 2), keyOnly(3, 1, nil, cents)}, nil},
		"an update after a delete, without an insert": {[]laketest.Row{loadNoName}, []laketest.Row{whole("D", 1), keyOnly(2, 1, nil, cents)}, []string{"C_NAME", "C_COMMENT"}},
		"a copy of an update does not come last": {
			[]laketest.Row{load}, []laketest.Row{keyOnly(1, 1, nil, cents), keyOnly(2, 1, nil, cents), keyOnly(3, 1, bea, cents), again}, nil,
		},
		"a deleted row": {[]laketest.Row{load}, []laketest.Row{keyOnly(1, 1, nil, cents), whole("D", 2)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := bucket{"t/b.parquet": fileOf(t, test.changes...)}
			if len(test.loads) > 0 {
				b["t/LOAD00000001.parquet"] = fileOf(t, append(test.loads, loaded(0, "Zoe", 0).comment(nil))...)
			}
			table := read(t, b, "t", "C_CUSTKEY")
			var want []lake.Unproven
			if test.want != nil {
				want = []lake.Unproven{{Row: len(table.Rows) - 1, Columns: test.want}}
			}
			if diff := cmp.Diff(table.Unproven, want); diff != "" {
				t.Errorf("got -, want +:\n%s", diff)
			}
		})
	}
}

// With supplemental logging of keys only, every value that differs from the source is a null that Unproven lists.
func TestNoMissingValueIsUnreported(t *testing.T) {
	found := false
	rapid.Check(t, func(t *rapid.T) {
		h := laketest.DrawKeyLoggedHistory(t)
		b := bucket{}
		files(t, b, "LOAD%08X.parquet", h.Loads)
		files(t, b, "2026/11/22/20261122-03000%d000.parquet", h.Changes)
		table, err := reader(b).Read(t.Context(), "t", "C_CUSTKEY")
		if err != nil {
			t.Fatal(err)
		}
		want := h.Rows()
		if len(table.Rows) != len(want) {
			t.Fatalf("%d rows, want %d", len(table.Rows), len(want))
		}
		for _, u := range table.Unproven {
			for i, name := range table.Columns {
				for _, unproven := range u.Columns {
					if name != unproven {
						continue
					}
					if table.Rows[u.Row][i] != nil {
						t.Errorf("%s of row %d is unproven, and it has the value %v", name, u.Row, table.Rows[u.Row][i])
					}
					found = found || want[u.Row][i] != nil
					table.Rows[u.Row][i] = want[u.Row][i]
				}
			}
		}
		for i, row := range table.Rows {
			if len(row) == 3 {
				table.Rows[i] = append(row, nil) // no file has comments
			}
		}
		if diff := cmp.Diff(table.Rows, want); diff != "" {
			t.Errorf("values differ that are not unproven: got -, want +:\n%s", diff)
		}
	})
	if !found && !t.Failed() {
		t.Error("no history had a missing value")
	}
}
