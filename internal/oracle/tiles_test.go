package oracle

import "testing"

// ascend refuses bounds that are not ascending. With such bounds DMS could load rows twice, or not at all.
func TestAscend(t *testing.T) {
	for _, test := range []struct {
		kind   string
		bounds []string
		want   bool
	}{
		{"NUMBER", []string{"-10", "-9", ".5", "9", "10"}, true},
		{"NUMBER", []string{"9", "9.0"}, false},
		{"NUMBER", []string{"10", "9"}, false},
		{"VARCHAR2", []string{"B", "a"}, true},
		{"VARCHAR2", []string{"a", "B"}, false},
		{"DATE", []string{"2020-01-01 00:00:00", "2020-01-01 00:00:01"}, true},
	} {
		if got := ascend(test.kind, test.bounds); got != test.want {
			t.Errorf("ascend(%s, %v) = %v, want %v", test.kind, test.bounds, got, test.want)
		}
	}
}

func TestWritable(t *testing.T) {
	for _, test := range []struct {
		kind, value string
		want        bool
	}{
		{"NUMBER", "-12.5", true},
		{"NUMBER", ".5", true},
		{"NUMBER", "1.5E+120", false},
		{"NUMBER", "~", false},
		{"VARCHAR2", "plain text-1", true},
		{"VARCHAR2", "it's", false},
		{"VARCHAR2", "é", false},
		{"VARCHAR2", "a\nb", false},
		{"VARCHAR2", "", false},
		{"DATE", "2020-01-01 00:00:00", true},
		{"DATE", "", false},
	} {
		if got := writable(test.kind)(test.value); got != test.want {
			t.Errorf("writable(%s)(%q) = %v, want %v", test.kind, test.value, got, test.want)
		}
	}
	for in, want := range map[string]string{".5": "0.5", "-.5": "-0.5", "-5": "-5", "5.5": "5.5"} {
		if got := number(in); got != want {
			t.Errorf("number(%s) = %s, want %s", in, got, want)
		}
	}
}
