package department

import "testing"

func TestMatchesWildcard(t *testing.T) {
	cases := []struct {
		pattern, name string
		want          bool
	}{
		{"A_B", "A_B", true},
		{"A_B", "AXB", true},
		{"A_B", "AÖB", true},
		{"AÖB", "AÄB", false}, // the two letters differ only in their second byte
		{"_Ö", "ÄÖ", true},
		{"AXB", "A_B", false},
		{"A_", "A", false},
		{"A", "A_", false},
		{"A__B", "A$#B", true},
		{"A_B", "AXYB", false},
		{"", "", true},
	}
	for _, c := range cases {
		if got := matchesWildcard(c.pattern, c.name); got != c.want {
			t.Errorf("matchesWildcard(%q, %q) = %v, want %v", c.pattern, c.name, got, c.want)
		}
	}
}
