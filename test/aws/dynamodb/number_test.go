package dynamodb

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0.00": "0", "00012.3400": "12.34", ".5": "0.5", "5.": "5", "+7": "7", "-1.5E+3": "-1500", "1e-3": "0.001",
		"12345678901234567890123456789012345678": "12345678901234567890123456789012345678",
	} {
		if got, err := parseNumber(text); err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "-", ".", "1,5", "1e", "e1", "1.2.3", "--1", "1-", "0x1", "NaN", "1e126", "1e-131", "1 2",
		"123456789012345678901234567890123456789", "1e99999999999",
	} {
		if got, err := parseNumber(text); err == nil {
			t.Errorf("%q is accepted as %s, want a refusal", text, got)
		}
	}
}

// TestOrderIsExact checks that numbers have the order of exact fractions.
func TestOrderIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (number, *big.Rat) {
			text := fmt.Sprintf("%de%d", rapid.Int64().Draw(t, name), rapid.IntRange(-8, 8).Draw(t, name+" exponent"))
			n, err := parseNumber(text)
			if err != nil {
				t.Fatal(err)
			}
			exact, _ := new(big.Rat).SetString(text)
			return n, exact
		}
		a, x := draw("a")
		b, y := draw("b")
		if got, want := a.compare(b), x.Cmp(y); got != want {
			t.Errorf("order of %s and %s: got %d, want %d", a, b, got, want)
		}
	})
}

// TestNoExpressionPanics parses random expressions.
func TestNoExpressionPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{
			"a", "#a", ":a", ":b", "size", "(", ")", ",", ".", "[", "]", "0", "=", "<>", "<", ">=", "AND", "OR",
			"NOT", "IN", "BETWEEN", "+", "-", "attribute_exists", "begins_with", "é", "status",
		})
		var text string
		for _, p := range rapid.SliceOfN(piece, 1, 12).Draw(t, "expression") {
			text += p + " "
		}
		values := map[string]value{":a": count(1), ":b": {kind: listKind}}
		holders, err := newPlaceholders(map[string]string{"#a": "a"}, values, &text)
		if err != nil {
			t.Fatal(err)
		}
		in := item{"a": {kind: listKind, list: []value{count(1)}}}
		if c, err := holders.condition("ConditionExpression", &text); err == nil {
			c.holds(in)
		}
		if paths, err := holders.paths(&text); err == nil {
			project(in, paths)
		}
	})
}
