package lake

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// appendKey adds a value to the key of a row, as bytes that sort as the values do: numbers by their size whatever their
// type, since a column can become wider in later files; text and bytes by their bytes.
func appendKey(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case bool:
		return append(b, 'b', byte(strconv.FormatBool(v)[0])), nil // f, t
	case int64:
		return appendNumber(b, strconv.FormatInt(v, 10)), nil
	case Decimal:
		return appendNumber(b, string(v)), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%v is not a key", v)
		}
		return appendNumber(b, strconv.FormatFloat(v, 'f', -1, 64)), nil
	case time.Time:
		b = binary.BigEndian.AppendUint64(append(b, 't'), uint64(v.Unix())^1<<63)
		return binary.BigEndian.AppendUint32(b, uint32(v.Nanosecond())), nil
	case string:
		return appendText(append(b, 's'), v), nil
	case []byte:
		return appendText(append(b, 'x'), string(v)), nil
	default:
		return nil, fmt.Errorf("%v is not a key", v)
	}
}

// appendText ends text with 0 0 and writes a 0 within it as 0 1, so that neither text nor what follows it decides about
// the other.
func appendText(b []byte, s string) []byte {
	b = append(b, strings.ReplaceAll(s, "\x00", "\x00\x01")...)
	return append(b, 0, 0)
}

// appendNumber writes a number in decimal: its sign, how many digits are before the point, and the digits; a negative
// one with all bits turned over, so that the larger comes first.
func appendNumber(b []byte, text string) []byte {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	whole = strings.TrimLeft(whole, "0")
	sign := byte(1)
	if negative && whole+strings.Trim(fraction, "0") != "" {
		sign = 0
	}
	b = append(b, 'n', sign)
	from := len(b)
	b = binary.BigEndian.AppendUint16(b, uint16(len(whole))) // a float64 has at most 309
	b = append(append(append(b, whole...), strings.TrimRight(fraction, "0")...), 0)
	if sign == 0 {
		for i := from; i < len(b); i++ {
			b[i] = ^b[i]
		}
	}
	return b
}
