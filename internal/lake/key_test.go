package lake

import (
	"bytes"
	"cmp"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func keyOf(t interface{ Fatal(...any) }, values ...any) []byte {
	var b []byte
	for _, v := range values {
		var err error
		if b, err = appendKey(b, v); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// drawNumber draws a number, with one of the types that a number can have.
func drawNumber(t *rapid.T, name string) (any, *big.Rat) {
	n := rapid.Int64Range(-2000, 2000).Draw(t, name)
	scale := rapid.IntRange(0, 3).Draw(t, name+" scale")
	r := new(big.Rat).SetFrac(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
	switch kind := rapid.SampledFrom([]string{"decimal", "float", "int"}).Draw(t, name+" type"); {
	case kind == "float":
		f, _ := r.Float64()
		return f, r
	case kind == "int" && scale == 0:
		return n, r
	default:
		return decimal(big.NewInt(n), scale), r
	}
}

func TestKeysSortAsNumbersDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, sizeA := drawNumber(t, "a")
		b, sizeB := drawNumber(t, "b")
		if got, want := bytes.Compare(keyOf(t, a, "x"), keyOf(t, b, "x")), sizeA.Cmp(sizeB); got != want {
			t.Errorf("%T %v and %T %v: got %d, want %d", a, a, b, b, got, want)
		}
	})
}

func TestKeysOfSeveralColumnsSortByEachInTurn(t *testing.T) {
	text := rapid.StringOf(rapid.SampledFrom([]rune{0, 1, 'a', 0xff}))
	rapid.Check(t, func(t *rapid.T) {
		a1, a2, b1, b2 := text.Draw(t, "a1"), text.Draw(t, "a2"), text.Draw(t, "b1"), text.Draw(t, "b2")
		got := bytes.Compare(keyOf(t, a1, []byte(a2)), keyOf(t, b1, []byte(b2)))
		if want := cmp.Or(strings.Compare(a1, b1), strings.Compare(a2, b2)); got != want {
			t.Errorf("%q %q and %q %q: got %d, want %d", a1, a2, b1, b2, got, want)
		}
	})
}

func TestKeysOfTimes(t *testing.T) {
	at := time.Date(1969, 12, 31, 23, 59, 59, 5, time.UTC)
	for i, later := range []time.Time{at.Add(1), at.Add(time.Second), at.AddDate(3000, 0, 0)} {
		if bytes.Compare(keyOf(t, at), keyOf(t, later)) >= 0 {
			t.Errorf("%d: %v does not sort before %v", i, at, later)
		}
	}
	if bytes.Compare(keyOf(t, false), keyOf(t, true)) >= 0 {
		t.Error("false does not sort before true")
	}
}

func TestDecimals(t *testing.T) {
	for _, test := range []struct {
		n     int64
		scale int
		want  Decimal
	}{
		{0, 0, "0"},
		{0, 2, "0"},
		{1250, 2, "12.5"},
		{-5, 3, "-0.005"},
		{300, 0, "300"},
		{-1000, 2, "-10"},
	} {
		if got := decimal(big.NewInt(test.n), test.scale); got != test.want {
			t.Errorf("%d / 10^%d: got %s, want %s", test.n, test.scale, got, test.want)
		}
	}
}

func TestAppendKeyRefuses(t *testing.T) {
	for _, v := range []any{nil, []any{1}} {
		if b, err := appendKey(nil, v); err == nil {
			t.Errorf("%s: got %x and no error", fmt.Sprint(v), b)
		}
	}
}
