package oraclecheck_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/test/oracletest"
)

// withLOBs has two LOB columns. The longest values have the given numbers of characters and bytes.
func withLOBs(t testing.TB, characters, bytes int) *oracletest.Database {
	db := ready(t)
	db.Run(t, strings.ReplaceAll(columnOf("CLOB", "NULL"), "EXTRA", "DOCUMENT")+
		strings.ReplaceAll(columnOf("BLOB", "NULL"), "EXTRA", "PICTURE")+
		fmt.Sprintf(`INSERT INTO all_lobs (owner, table_name, column_name) VALUES ('SALES', 'ORDERS', 'DOCUMENT'), ('SALES', 'ORDERS', 'PICTURE');
		INSERT INTO SALES.ORDERS (ID, DOCUMENT, PICTURE) VALUES (1, PRINTF('%%.*c', %d, 'x'), ZEROBLOB(%d)), (2, NULL, NULL)`,
			characters, bytes))
	return db
}

func TestLOBSizes(t *testing.T) {
	for name, test := range map[string]struct {
		characters, bytes, limit int
		longest                  int64
		want                     int
		finding, fix             string
	}{
		"short":                     {1, 1000, 0, 1000, 32, "", ""},
		"text counts three times":   {20_000, 1000, 0, 60_000, 64, "", ""},
		"a limit that is enough":    {1, 65_536, 64, 65_536, 64, "", ""},
		"a limit that is too small": {1, 65_537, 64, 65_537, 128, "failed oralake-lob-longer-than-limit", "lobMaxKB: 128"},
		// 20,000 characters are 20,000 bytes of ASCII, or 60,000 bytes of Chinese. Oracle does not report which.
		"text that may be too long": {20_000, 0, 32, 60_000, 64, "warning oralake-lob-longer-than-limit", "lobMaxKB: 64"},
		"text that is too long":     {40_000, 0, 32, 120_000, 128, "failed oralake-lob-longer-than-limit", "lobMaxKB: 128"},
		"one character":             {1, 0, 0, 3, 32, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			db := withLOBs(t, test.characters, test.bytes)
			table := orders
			table.LOBMaxKB = test.limit
			report := oracle.Check(t.Context(), db, []oracle.Table{table}, oracle.Needs{FullLoad: true})
			want := []oracle.LOBSize{{
				Table: "SALES.ORDERS", Columns: []string{"DOCUMENT", "PICTURE"}, LongestBytes: test.longest, MaxKB: test.want,
			}}
			if diff := cmp.Diff(want, report.LOBs); diff != "" {
				t.Errorf("sizes (-want +got):\n%s", diff)
			}
			var finding, fix string
			for _, f := range report.Findings {
				finding, fix = finding+string(f.Severity)+" "+f.Assessment, fix+f.Fix
			}
			if finding != test.finding || fix != test.fix {
				t.Errorf("findings %+v, want %q with the fix %q", report.Findings, test.finding, test.fix)
			}
		})
	}
}

// A table that is only sampled may have longer LOBs than the sample.
func TestSampledLOBs(t *testing.T) {
	db := withLOBs(t, 1, 40_000)
	db.Run(t, `WITH n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 100001) INSERT INTO SALES.ORDERS (ID) SELECT i FROM n`)
	got := oracle.Check(t.Context(), db, []oracle.Table{orders}, oracle.Needs{FullLoad: true}).LOBs
	if len(got) != 1 || !got[0].Sampled || got[0].MaxKB != 128 {
		t.Errorf("sizes %+v, want a sample, and a limit of 128 KB: twice the longest LOB of the sample", got)
	}
}

// A limit from only some of the columns could be too small for the others.
func TestColumnsReadInPart(t *testing.T) {
	db := withLOBs(t, 1, 40_000)
	db.BreakAfter("all_tab_cols", 4)
	report := oracle.Check(t.Context(), db, []oracle.Table{orders}, oracle.Needs{FullLoad: true})
	if len(report.LOBs) > 0 || len(report.Findings) != 1 || report.Findings[0].Assessment != "oralake-not-checked" {
		t.Errorf("report %+v, want a finding that the columns are not known, and no limit", report)
	}
}

func TestUnmeasuredLOBs(t *testing.T) {
	db := ready(t)
	db.Run(t, columnOf("LONG", "NULL"))
	got := oracle.Check(t.Context(), db, []oracle.Table{orders}, oracle.Needs{FullLoad: true}).LOBs
	if len(got) != 1 || got[0].MaxKB != 0 || !strings.Contains(got[0].Why, "LONG") {
		t.Errorf("sizes %+v, want none for a LONG", got)
	}

	db = withLOBs(t, 1, 1)
	db.FailWith("LENGTH(", errors.New("ORA-01031: insufficient privileges"))
	report := oracle.Check(t.Context(), db, []oracle.Table{orders}, oracle.Needs{FullLoad: true})
	if len(report.LOBs) == 0 || report.LOBs[0].MaxKB != 0 || !strings.Contains(report.LOBs[0].Why, "ORA-01031") {
		t.Errorf("report %+v, want LOB sizes that are not known, and why", report)
	}
}
