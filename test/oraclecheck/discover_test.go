package oraclecheck_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/live"
)

// Discover lists the tables of a schema that a job can have, and says what it knows of each.
func TestDiscover(t *testing.T) {
	db := liveTables(t, `INSERT INTO all_tables (owner, table_name, temporary) VALUES ('SALES', 'SCRATCH', 'Y');
		INSERT INTO all_tables (owner, table_name, nested) VALUES ('SALES', 'NESTED_ROWS', 'YES');
		INSERT INTO all_tables (owner, table_name) VALUES ('SALES', 'BIN$abc'), ('SALES', 'MLOG$_ORDERS'), ('SALES', 'Orders'), ('HR', 'PEOPLE');
		INSERT INTO all_tab_cols (owner, table_name, column_name, internal_column_id, data_type) VALUES ('SALES', 'Orders', 'ID', 1, 'NUMBER')`)
	report, found := oracle.Discover(t.Context(), db.DB, "SALES", oracle.Needs{
		FullLoad: true, Planning: oracle.Planning{LargeBytes: 1 << 20, SegmentBytes: 1 << 19},
	})
	for _, f := range report.Findings {
		if f.Assessment == "oralake-not-checked" {
			t.Errorf("a statement failed: %s", f.Text)
		}
	}
	type known struct {
		Rows  int64
		Key   []string
		Split string
		Ready bool
	}
	got := map[string]known{}
	for _, x := range found {
		k := known{Key: x.Key, Split: x.Split, Ready: x.Ready()}
		if x.Rows != nil {
			k.Rows = *x.Rows
		}
		got[x.Table] = k
	}
	want := map[string]known{
		"SALES." + live.Everything: {live.Rows, []string{"ID"}, oracle.Ranges, true},
		"SALES." + live.Numbers:    {live.Rows, []string{"K"}, oracle.Ranges, true},
		"SALES." + live.Dates:      {live.Rows, []string{"K"}, oracle.Ranges, true},
		"SALES." + live.Timestamps: {live.Rows, []string{"K"}, oracle.Ranges, true},
		"SALES." + live.Texts:      {live.Rows, []string{"K"}, oracle.Ranges, true},
		"SALES." + live.Parts:      {live.Rows, []string{"ID"}, oracle.PartitionsAuto, true},
		"SALES.Orders":             {0, nil, oracle.None, false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	for _, x := range found {
		if x.Table == "SALES."+live.Everything && x.LOBMaxKB == 0 {
			t.Errorf("%s has LOBs, and no limit for them", x.Table)
		}
	}
}

// A schema whose tables cannot be listed has a finding that says so.
func TestDiscoverWithoutAnswer(t *testing.T) {
	db := liveTables(t, `DROP TABLE all_tables`)
	report, found := oracle.Discover(t.Context(), db.DB, "SALES", oracle.Needs{FullLoad: true})
	if len(found) != 0 || report.Count(oracle.Warning)+report.Count(oracle.Failed) == 0 {
		t.Errorf("%d tables, findings %+v; want none, and a finding", len(found), report.Findings)
	}
}
