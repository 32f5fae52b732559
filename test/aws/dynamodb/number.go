package dynamodb

import (
	"math/big"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// number is a number of DynamoDB: an exact decimal of up to 38 digits. Its value is coefficient times ten to the power of
// exponent. The coefficient has no trailing zeros.
type number struct {
	coefficient *big.Int
	exponent    int
}

const (
	maxDigits    = 38
	maxMagnitude = 125  // of the first digit
	minMagnitude = -130 // of the first digit
)

var ten = big.NewInt(10)

func parseNumber(text string) (number, error) {
	digits, exponentText, scientific := strings.Cut(strings.ToLower(strings.TrimSpace(text)), "e")
	exponent := 0
	if scientific {
		e, ok := new(big.Int).SetString(strings.TrimPrefix(exponentText, "+"), 10)
		if !ok || !e.IsInt64() || e.Int64() > 10000 || e.Int64() < -10000 {
			return number{}, notNumeric(text)
		}
		exponent = int(e.Int64())
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	if strings.Trim(whole+fraction, "+-0123456789") != "" || strings.Trim(whole+fraction, "+-") == "" ||
		strings.ContainsAny(fraction, "+-") || len(digits) > 1000 {
		return number{}, notNumeric(text)
	}
	coefficient, ok := new(big.Int).SetString(strings.TrimPrefix(whole, "+")+fraction, 10)
	if !ok {
		return number{}, notNumeric(text)
	}
	return number{coefficient, exponent - len(fraction)}.checked()
}

func notNumeric(text string) error {
	return gateway.Errorf("ValidationException", "The parameter cannot be converted to a numeric value: %s", text)
}

// checked removes trailing zeros of the coefficient and refuses numbers that DynamoDB cannot store.
func (n number) checked() (number, error) {
	c, e := new(big.Int).Set(n.coefficient), n.exponent
	if c.Sign() == 0 {
		return number{c, 0}, nil
	}
	for rest := new(big.Int); ; e++ {
		quotient, _ := new(big.Int).QuoRem(c, ten, rest)
		if rest.Sign() != 0 {
			break
		}
		c = quotient
	}
	digits := len(new(big.Int).Abs(c).String())
	switch magnitude := digits - 1 + e; {
	case magnitude > maxMagnitude:
		return number{}, gateway.Errorf("ValidationException",
			"Number overflow. Attempting to store a number with magnitude larger than supported range")
	case magnitude < minMagnitude:
		return number{}, gateway.Errorf("ValidationException",
			"Number underflow. Attempting to store a number with magnitude smaller than supported range")
	case digits > maxDigits:
		return number{}, gateway.Errorf("ValidationException",
			"Attempting to store more than 38 significant digits in a Number")
	}
	return number{c, e}, nil
}

// aligned returns both coefficients for the smaller exponent.
func aligned(a, b number) (x, y *big.Int) {
	exponent := min(a.exponent, b.exponent)
	scale := func(n number) *big.Int {
		factor := new(big.Int).Exp(ten, big.NewInt(int64(n.exponent-exponent)), nil)
		return factor.Mul(factor, n.coefficient)
	}
	return scale(a), scale(b)
}

func (n number) compare(m number) int {
	x, y := aligned(n, m)
	return x.Cmp(y)
}

// String formats the number without an exponent, as in the answers of DynamoDB.
func (n number) String() string {
	digits := new(big.Int).Abs(n.coefficient).String()
	switch {
	case n.exponent > 0:
		digits += strings.Repeat("0", n.exponent)
	case n.exponent < 0:
		if missing := 1 - n.exponent - len(digits); missing > 0 {
			digits = strings.Repeat("0", missing) + digits
		}
		digits = digits[:len(digits)+n.exponent] + "." + digits[len(digits)+n.exponent:]
	}
	if n.coefficient.Sign() < 0 {
		return "-" + digits
	}
	return digits
}
