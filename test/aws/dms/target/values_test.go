package target

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oralake/oralake/test/oracledb"
)

// rounded formats v at a scale, rounded half away from zero. The code under test does not use this arithmetic.
func rounded(v *big.Rat, scale int) string { return v.FloatString(scale) }

func fromDecimal(b []byte, scale int) string {
	n := new(big.Int).SetBytes(b)
	if b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	return new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale)
}

// TestNumbers checks that Parquet and CSV have the value of the source, rounded to the scale of the column.
func TestNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Column{Name: "N", Kind: Numeric, Precision: 38, Scale: rapid.IntRange(0, 20).Draw(t, "scale")}
		var v any
		want := new(big.Rat)
		if rapid.Bool().Draw(t, "integer") {
			n := rapid.Int64().Draw(t, "n")
			if c.Scale > 18 {
				n %= 1_000_000_000_000_000 // 38 digits in all
			}
			v = n
			want.SetInt64(n)
		} else {
			// The source stores money and quantities like this: up to 15 digits, some of them after the decimal point.
			n := rapid.Int64Range(-999_999_999_999_999, 999_999_999_999_999).Draw(t, "digits")
			behind := rapid.IntRange(0, min(6, c.Scale)).Draw(t, "behind")
			want.SetFrac64(n, powersOf10[behind])
			f, _ := want.Float64()
			v = f
		}
		b := make([]byte, decimalSize)
		if err := c.decimal(b, v); err != nil {
			t.Fatal(err)
		}
		if got, want := fromDecimal(b, c.Scale), rounded(want, c.Scale); got != want {
			t.Errorf("%v in Parquet is %s, want %s", v, got, want)
		}
		text, err := c.number(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(text), rounded(want, c.Scale); got != want {
			t.Errorf("%v in CSV is %s, want %s", v, got, want)
		}
	})
}

func TestNumbersThatDoNotFit(t *testing.T) {
	c := Column{Name: "N", Kind: Numeric, Precision: 20, Scale: 10}
	if err := c.decimal(make([]byte, decimalSize), 1e12); err == nil || !strings.Contains(err.Error(), "ORA-01438") {
		t.Errorf("1e12 in NUMBER(20,10): %v", err)
	}
	if err := c.decimal(make([]byte, decimalSize), "many"); err == nil {
		t.Error("a word is accepted as a number")
	}
	if err := c.decimal(make([]byte, decimalSize), []byte("1")); err == nil {
		t.Error("a blob is accepted as a number")
	}
}

// TestTimes checks that parseMicros gives the same times as time.Parse.
func TestTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(-62_135_596_800_000_000, 253_402_300_799_999_999).Draw(t, "micros")).UTC()
		if rapid.Bool().Draw(t, "midnight") {
			at = at.Truncate(24 * time.Hour)
		}
		stored := oracledb.FormatTime(at)
		got, ok := parseMicros(stored)
		if !ok || got != at.UnixMicro() {
			t.Errorf("%s is %d, %v, want %d", stored, got, ok, at.UnixMicro())
		}
	})
}

func TestInvalidTimes(t *testing.T) {
	for _, s := range []string{
		"", "yesterday", "2024", "2024-1-01", "2024-13-01", "2024-01-32", "2024-01-01 ", "2024-01-01 1:02:03",
		"2024-01-01 25:00:00", "2024-01-01 00:60:00", "2024-01-01 00:00:00.", "2024-01-01 00:00:00.1234567890",
		"2024-01-01 00:00:00+01",
	} {
		if got, ok := parseMicros(s); ok {
			t.Errorf("%q is accepted as %d, want a refusal", s, got)
		}
	}
}
