package target

import (
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// text converts a value of a String or Bytes column to the text of the file. pad keeps the trailing blanks of a Blank
// column.
func (c *Column) text(v driver.Value, pad bool) (string, error) {
	var s string
	switch v := v.(type) {
	case string:
		s = v
	case []byte:
		s = string(v)
	case int64:
		s = strconv.FormatInt(v, 10)
	case float64:
		s = strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return "", c.mismatch(v)
	}
	if c.Blank {
		if s = strings.TrimRight(s, " "); pad {
			s += strings.Repeat(" ", max(0, c.Length-utf8.RuneCountInString(s)))
		}
	}
	return s, nil
}

// integer converts a value of an integer column.
func (c *Column) integer(v driver.Value) (int64, error) {
	switch v := v.(type) {
	case int64:
		return v, c.digits(v, v)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < exactInFloat {
			return int64(v), c.digits(int64(v), v)
		}
	}
	return 0, c.mismatch(v)
}

// digits fails when n, the unscaled value of v, has more digits than the precision of the column.
func (c *Column) digits(n int64, v driver.Value) error {
	if c.Precision > 0 && c.Precision < len(powersOf10) {
		if limit := powersOf10[c.Precision]; n <= -limit || n >= limit {
			return c.tooLarge(v)
		}
	}
	return nil
}

func (c *Column) tooLarge(v driver.Value) error {
	return fmt.Errorf("column %s: ORA-01438: value %v larger than specified precision allowed for this column", c.Name, v)
}

func (c *Column) real(v driver.Value) (float64, error) {
	switch v := v.(type) {
	case int64:
		return float64(v), nil
	case float64:
		return v, nil
	}
	return 0, c.mismatch(v)
}

var powersOf10 = func() (p [19]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

const (
	// exactInFloat limits the values that are scaled as a double. Below it, the product of a double and a power of ten
	// rounds to the correct integer: the double and the product each have an error of at most one part in 2^53.
	exactInFloat = 1 << 51
	decimalSize  = 16 // bytes of a DECIMAL in Parquet
)

// unscaled converts a Numeric value to its unscaled integer: 12.50 at scale 2 is 1250. ok is false when the integer may
// need more than 64 bits.
func (c *Column) unscaled(v driver.Value) (n int64, ok bool, err error) {
	if c.Scale >= len(powersOf10) {
		return 0, false, nil
	}
	power := powersOf10[c.Scale]
	switch v := v.(type) {
	case int64:
		if n = v * power; n/power == v {
			return n, true, c.digits(n, v)
		}
		return 0, false, nil
	case float64:
		if scaled := math.Round(v * float64(power)); math.Abs(scaled) < exactInFloat {
			return int64(scaled), true, c.digits(int64(scaled), v)
		}
		return 0, false, nil
	case string:
		return 0, false, nil
	}
	return 0, false, c.mismatch(v)
}

// decimal writes a Numeric value into b as 16 bytes of big-endian two's complement.
func (c *Column) decimal(b []byte, v driver.Value) error {
	n, ok, err := c.unscaled(v)
	if err != nil {
		return err
	}
	if ok {
		binary.BigEndian.PutUint64(b, uint64(n>>63))
		binary.BigEndian.PutUint64(b[8:], uint64(n))
		return nil
	}
	big, err := c.bigUnscaled(v)
	if err != nil {
		return err
	}
	if big.Sign() < 0 {
		big.Add(big, twoTo128)
	}
	big.FillBytes(b[:decimalSize])
	return nil
}

var (
	twoTo128 = new(big.Int).Lsh(big.NewInt(1), 8*decimalSize)
	ten      = big.NewInt(10)
)

func (c *Column) bigUnscaled(v driver.Value) (*big.Int, error) {
	var r big.Rat
	switch v := v.(type) {
	case int64:
		r.SetInt64(v)
	case float64:
		// The value that the source received is the shortest decimal of this double.
		if _, ok := r.SetString(strconv.FormatFloat(v, 'g', -1, 64)); !ok {
			return nil, c.mismatch(v)
		}
	case string:
		if _, ok := r.SetString(v); !ok || strings.Contains(v, "/") {
			return nil, c.mismatch(v)
		}
	}
	scale := new(big.Int).Exp(ten, big.NewInt(int64(c.Scale)), nil)
	r.Mul(&r, new(big.Rat).SetInt(scale))
	// Round half away from zero, as Oracle does.
	twice := new(big.Int).Mul(r.Num(), big.NewInt(2))
	twice.Add(twice, new(big.Int).Mul(r.Denom(), big.NewInt(int64(r.Sign()))))
	n := twice.Quo(twice, new(big.Int).Mul(r.Denom(), big.NewInt(2)))
	if limit := new(big.Int).Exp(ten, big.NewInt(int64(c.Precision)), nil); n.CmpAbs(limit) >= 0 {
		return nil, c.tooLarge(v)
	}
	return n, nil
}

// number appends a Numeric value as text, with all digits of the scale.
func (c *Column) number(b []byte, v driver.Value) ([]byte, error) {
	n, ok, err := c.unscaled(v)
	if err != nil {
		return nil, err
	}
	var digits string
	if ok {
		digits = strconv.FormatInt(n, 10)
	} else {
		big, err := c.bigUnscaled(v)
		if err != nil {
			return nil, err
		}
		digits = big.String()
	}
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		b, digits = append(b, '-'), rest
	}
	if c.Scale == 0 {
		return append(b, digits...), nil
	}
	if missing := c.Scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - c.Scale
	return append(append(append(b, digits[:point]...), '.'), digits[point:]...), nil
}

// micros converts a DateTime value to microseconds since 1970-01-01 UTC.
func (c *Column) micros(v driver.Value) (int64, error) {
	s, ok := v.(string)
	if !ok {
		return 0, c.mismatch(v)
	}
	if n, ok := parseMicros(s); ok {
		return n, nil
	}
	return 0, c.mismatch(v)
}

// parseMicros parses the format of oracledb.FormatTime into microseconds since 1970-01-01 UTC. It does not use the slower
// time.Parse, because it is called for every date of every row.
func parseMicros(s string) (int64, bool) {
	if len(s) < len(time.DateOnly) || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	year, ok1 := digits(s[0:4])
	month, ok2 := digits(s[5:7])
	day, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false
	}
	micros := daysSinceEpoch(year, month, day) * 86_400_000_000
	if s = s[10:]; s == "" {
		return micros, true
	}
	if len(s) < len(" 15:04:05") || s[0] != ' ' && s[0] != 'T' || s[3] != ':' || s[6] != ':' {
		return 0, false
	}
	hour, ok1 := digits(s[1:3])
	minute, ok2 := digits(s[4:6])
	second, ok3 := digits(s[7:9])
	if !ok1 || !ok2 || !ok3 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	micros += (hour*3600 + minute*60 + second) * 1_000_000
	if s = s[9:]; s == "" {
		return micros, true
	}
	fraction, ok := digits(s[1:])
	if s[0] != '.' || !ok || len(s) > len(".123456789") || len(s) == 1 {
		return 0, false
	}
	return micros + fraction*powersOf10[9-(len(s)-1)]/1000, true
}

// digits parses a text that has only decimal digits.
func digits(s string) (n int64, ok bool) {
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	return n, true
}

// daysSinceEpoch counts the days since 1970-01-01 in the Gregorian calendar. It counts years from March, so that the leap
// day is the last day of a year.
func daysSinceEpoch(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719_468
}

func (c *Column) mismatch(v driver.Value) error {
	return fmt.Errorf("column %s: the source has %T %.40q, which is not of its declared type", c.Name, v, fmt.Sprint(v))
}
