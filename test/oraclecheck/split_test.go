package oraclecheck_test

import (
	"slices"
	"testing"

	"github.com/oralake/oralake/internal/oracle"
)

// Ranges and partitions that the file names by hand are checked: DMS leaves out rows and says nothing.
func TestSplitsOfTheFile(t *testing.T) {
	const partitions = `INSERT INTO all_tab_partitions (table_owner, table_name, partition_name)
		VALUES ('SALES', 'ORDERS', 'P1'), ('SALES', 'ORDERS', 'P2');`
	for name, test := range map[string]struct {
		change              string
		columns, partitions []string
		cdc                 bool
		want                []string // the finding and its fix
	}{
		"ranges of the key": {columns: []string{"ID"}},
		"ranges of no column": {columns: []string{"IDD"}, want: []string{
			"failed oralake-no-such-column write one of its columns: ID, PLACED, NOTE", "warning oralake-range-column-without-index parallel: auto",
		}},
		"ranges of a nullable column": {
			columns: []string{"PLACED"},
			change:  secondIndex,
			want:    []string{"failed oralake-nullable-range-column parallel: auto"},
		},
		"ranges of a nullable column in a job that follows changes": {
			columns: []string{"PLACED"}, cdc: true,
			change: secondIndex,
			want:   []string{"failed oralake-nullable-range-column parallel: none"},
		},
		"ranges without an index": {
			columns: []string{"NOTE"}, change: `UPDATE all_tab_cols SET nullable = 'N'`,
			want: []string{"warning oralake-range-column-without-index parallel: auto"},
		},
		"all partitions": {partitions: []string{"P2", "P1"}, change: partitions},
		"an unknown partition": {partitions: []string{"P1", "P2", "P3"}, change: partitions, want: []string{
			"failed oralake-no-such-partition write some of its partitions: P1, P2",
		}},
		"some partitions": {partitions: []string{"P1"}, change: partitions, want: []string{
			"warning oralake-partitions-left-out parallel: partitions-auto",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			if test.change != "" {
				db.Run(t, test.change)
			}
			table := orders
			table.RangeColumns, table.Partitions = test.columns, test.partitions
			var got []string
			needs := oracle.Needs{FullLoad: true}
			if test.cdc {
				needs = following
			}
			for _, f := range oracle.Check(t.Context(), db, []oracle.Table{table}, needs).Findings {
				got = append(got, string(f.Severity)+" "+f.Assessment+" "+f.Fix)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("findings %q, want %q", got, test.want)
			}
		})
	}
}
