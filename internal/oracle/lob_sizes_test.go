package oracle

import "testing"

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
	const mb = 1 << 20
	picture, text := column{name: "PICTURE", kind: "BLOB"}, column{name: "TEXT", kind: "CLOB"}
	for name, test := range map[string]struct {
		lobs    []measured
		finding string
		maxKB   int
	}{
		// The fix excludes only the column that is too long.
		"too long": {[]measured{{picture, 200 * mb}, {text, 1}}, "failed exclude: [PICTURE]", 0},
		// 40 MB of ASCII are well below the limit.
		"perhaps too long": {[]measured{{picture, 1}, {text, 40 * mb}}, "warning exclude: [TEXT]", 102_400},
	} {
		c := &checker{}
		c.judge(Table{Schema: "SALES", Name: "ORDERS"}, test.lobs, false)
		f := c.report.Findings
		if len(f) != 1 || f[0].Assessment != "oralake-lob-too-long" || string(f[0].Severity)+" "+f[0].Fix != test.finding ||
			c.report.LOBs[0].MaxKB != test.maxKB {
			t.Errorf("%s: report %+v, want %q, and a limit of %d KB", name, c.report, test.finding, test.maxKB)
		}
	}
}
