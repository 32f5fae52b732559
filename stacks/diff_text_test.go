package stacks

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
)

func TestTableLines(t *testing.T) {
	orders := department.Table{Schema: "SALES", Name: "ORDERS"}
	special := orders
	special.Rename = department.Rename{Schema: "LAKE"}
	special.Filters = []department.Filter{
		{Column: "D", Operator: "gte", Value: "1995-01-01"},
		{Column: "N", Operator: "between", From: "1", To: "5"},
		{Column: "N", Operator: "null"},
	}
	special.Exclude, special.LOBMaxKB = []string{"A", "B"}, 64
	special.Parallel = &department.Parallel{Type: "partitions-auto"}
	full, cdc, both := department.Job{Type: department.FullLoad}, department.Job{Type: department.CDC}, department.Job{Type: department.FullLoadAndCDC}
	without, backfilled := cdc, cdc
	without.Backfill, backfilled.Backfill = new(false), new(true)
	tests := []struct {
		job   department.Job
		table department.Table
		want  string
	}{
		{full, orders, "loaded in full at every run of T-1"},
		{cdc, orders, "changes captured by T-1, which is stopped and resumed when this list changes, and made again from its checkpoint when " +
			"filters or columns change"},
		{without, orders, "changes captured by T-1, which is stopped and resumed when this list changes, and made again from its checkpoint when " +
			"filters or columns change"},
		{
			backfilled, orders, "loaded once if it is added to a running job, then changes captured by T-1, which is stopped and " +
				"resumed when this list changes, and made again from its checkpoint when filters or columns change",
		},
		{
			both, special, "loaded once, then changes captured by T-1, which is stopped and resumed when this " +
				"list changes, and replaced when filters or columns change: then all its tables are loaded again; named LAKE.ORDERS in the lake; rows where D >= 1995-01-01 and N from 1 to 5 or N is null; " +
				"without A, B; LOBs of up to 64 KB; loaded by partitions-auto",
		},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, tableLine(test.job, test.table, "T-1")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
