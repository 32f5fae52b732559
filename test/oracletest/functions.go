package oracletest

import (
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"

	"modernc.org/sqlite"
)

// spelling is an SQLite driver with the Oracle functions that the statements call. In SQLite, dates are already text.
var spelling = func() *sqlite.Driver {
	d := &sqlite.Driver{}
	for name, function := range map[string]func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error){
		"nlssort": first, "to_date": toDate, "to_timestamp": toDate, "to_char": toChar, "to_number": toNumber,
	} {
		if err := d.RegisterFunction(name, &sqlite.FunctionImpl{NArgs: -1, Deterministic: true, Scalar: function}); err != nil {
			panic(err)
		}
	}
	return d
}()

func first(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) { return args[0], nil }

// toDate reads a date from a department file. It writes a midnight in the short form, like the stored dates.
func toDate(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	text := strings.Replace(fmt.Sprint(args[0]), "T", " ", 1)
	text += "0000-00-00 00:00:00"[min(len(text), 19):]
	return strings.TrimSuffix(text, " 00:00:00"), nil
}

func toChar(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	switch v := args[0].(type) {
	case nil:
		return nil, nil
	case float64:
		s := strconv.FormatFloat(v, 'f', -1, 64)
		// Oracle omits the zero before the decimal point.
		if rest, ok := strings.CutPrefix(s, "-0."); ok {
			return "-." + rest, nil
		}
		if rest, ok := strings.CutPrefix(s, "0."); ok {
			return "." + rest, nil
		}
		return s, nil
	default:
		return fmt.Sprint(v), nil
	}
}

func toNumber(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	if args[0] == nil {
		return nil, nil
	}
	s := fmt.Sprint(args[0])
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	return strconv.ParseFloat(s, 64)
}
