package lake

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// appendKey adds a value to the key of a row, as bytes. Keys sort in the order of their values: numbers by size, text by its
// bytes. Numbers of different types sort together, because later files may have a wider type for the same column.
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

// appendText adds text, which it ends with the bytes 0 0. It writes a byte 0 of the text as 0 1. So the end of the text is
// always clear, and the next value of the key does not affect the order of the texts.
func appendText(b []byte, s string) []byte {
	b = append(b, strings.ReplaceAll(s, "\x00", "\x00\x01")...)
	return append(b, 0, 0)
}

// appendNumber adds a decimal number: its sign, the number of digits before the point, and the digits. All bits of a negative
// number are inverted, so a number with a larger absolute value sorts first.
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
