package oracle

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/oracle/oracletest"
)

// withLOBs has two LOB columns, the longest of which have so many characters and bytes.
func withLOBs(t testing.TB, characters, bytes int) *oracletest.Database {
	db := ready(t)
	db.Run(t, strings.ReplaceAll(columnOf("CLOB", "NULL"), "EXTRA", "DOCUMENT")+
		strings.ReplaceAll(columnOf("BLOB", "NULL"), "EXTRA", "PICTURE")+
		fmt.Sprintf(`INSERT INTO all_lobs VALUES ('SALES', 'ORDERS', 'DOCUMENT', 'NO'), ('SALES', 'ORDERS', 'PICTURE', 'NO');
		INSERT INTO SALES.ORDERS (ID, DOCUMENT, PICTURE) VALUES (1, PRINTF('%%.*c', %d, 'x'), ZEROBLOB(%d)), (2, NULL, NULL)`,
			characters, bytes))
	return db
}

func TestLOBSizes(t *testing.T) {
	for name, test := range map[string]struct {
		characters, bytes, limit int
		longest                  int64
		want                     int
		finding, cure            string
	}{
		"short":                     {1, 1000, 0, 1000, 32, "", ""},
		"text counts three times":   {20_000, 1000, 0, 60_000, 64, "", ""},
		"a limit that is enough":    {1, 65_536, 64, 65_536, 64, "", ""},
		"a limit that is too small": {1, 65_537, 64, 65_537, 128, "oralake-lob-longer-than-limit", "lobMaxKB: 128"},
		"next to nothing":           {1, 0, 0, 3, 32, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			db := withLOBs(t, test.characters, test.bytes)
			table := orders
			table.LOBMaxKB = test.limit
			report := Check(t.Context(), db, []Table{table}, Needs{FullLoad: true})
			want := []LOBSize{{
				Table: "SALES.ORDERS", Columns: []string{"DOCUMENT", "PICTURE"}, LongestBytes: test.longest, MaxKB: test.want,
			}}
			if diff := cmp.Diff(want, report.LOBs); diff != "" {
				t.Errorf("sizes (-want +got):\n%s", diff)
			}
			var finding, cure string
			for _, f := range report.Findings {
				finding, cure = finding+f.Assessment, cure+f.Cure
			}
			if finding != test.finding || cure != test.cure {
				t.Errorf("findings %+v, want %q with the cure %q", report.Findings, test.finding, test.cure)
			}
		})
	}
}

// What is not looked at whole may have longer ones.
func TestSampledLOBs(t *testing.T) {
	db := withLOBs(t, 1, 40_000)
	db.Run(t, `WITH n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 100001) INSERT INTO SALES.ORDERS (ID) SELECT i FROM n`)
	got := Check(t.Context(), db, []Table{orders}, Needs{FullLoad: true}).LOBs
	if len(got) != 1 || !got[0].Sampled || got[0].MaxKB != 128 {
		t.Errorf("sizes %+v, want a sample, and a limit of 128 KB: twice what was found", got)
	}
}

func TestLOBLimit(t *testing.T) {
	for _, test := range []struct {
		longest int64
		sampled bool
		want    int
	}{
		{0, false, 32},
		{32 << 10, false, 32},
		{32<<10 + 1, false, 64},
		{32 << 10, true, 64},
		{70 << 20, false, 102_400},
		{100 << 20, true, 102_400},
		{100<<20 + 1, false, 102_401},
	} {
		if got := lobLimit(test.longest, test.sampled); got != test.want {
			t.Errorf("lobLimit(%d, %v) = %d, want %d", test.longest, test.sampled, got, test.want)
		}
	}
}

func TestLOBTooLong(t *testing.T) {
	c := &checker{}
	c.judge(orders, LOBSize{Table: "SALES.ORDERS", Columns: []string{"PICTURE"}, LongestBytes: 200 << 20})
	if len(c.report.Findings) != 1 || c.report.Findings[0].Assessment != "oralake-lob-too-long" ||
		c.report.Findings[0].Severity != Failed || c.report.LOBs[0].MaxKB != 0 {
		t.Errorf("report %+v, want that it is too long, and no limit", c.report)
	}
}

func TestUnmeasuredLOBs(t *testing.T) {
	db := ready(t)
	db.Run(t, columnOf("LONG", "NULL"))
	got := Check(t.Context(), db, []Table{orders}, Needs{FullLoad: true}).LOBs
	if len(got) != 1 || got[0].MaxKB != 0 || !strings.Contains(got[0].Why, "LONG") {
		t.Errorf("sizes %+v, want that a LONG is not measured", got)
	}

	db = withLOBs(t, 1, 1)
	db.FailWith("GETLENGTH", errors.New("ORA-01031: insufficient privileges"))
	report := Check(t.Context(), db, []Table{orders}, Needs{FullLoad: true})
	if len(report.LOBs) > 0 || len(report.Findings) != 1 || !strings.Contains(report.Findings[0].Text, "how long the LOBs are") {
		t.Errorf("report %+v, want that the LOBs are not known", report)
	}
}
