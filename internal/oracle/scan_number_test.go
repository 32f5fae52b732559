package oracle

import "testing"

// driverNumber is a driver's own type.
type driverNumber string

func TestWhole(t *testing.T) {
	for _, test := range []struct {
		in   any
		want whole
	}{
		{nil, whole{}},
		{"", whole{}},
		{int64(-5), whole{-5, true}},
		{float64(5368709120), whole{5368709120, true}},
		{"281474976710656", whole{281474976710656, true}},
		{[]byte("12"), whole{12, true}},
		{driverNumber("-7"), whole{-7, true}},
		{int32(3), whole{3, true}},
	} {
		var got whole
		if err := got.Scan(test.in); err != nil || got != test.want {
			t.Errorf("Scan(%v) = %v, %v, want %v", test.in, got, err, test.want)
		}
	}
	for _, wrong := range []any{"x", 0.5, "1E30"} {
		var got whole
		if err := got.Scan(wrong); err == nil || got.Valid {
			t.Errorf("Scan(%v) = %v, want an error", wrong, got)
		}
	}
}
