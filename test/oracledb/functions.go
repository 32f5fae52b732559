package oracledb

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"modernc.org/sqlite"
)

// functions are the Oracle functions that a session has. They take only the arguments that the checks for DMS pass, and
// refuse all others.
func functions(d *Database, o Oracle) map[string]*sqlite.FunctionImpl {
	scalar := func(f func(args []driver.Value) (driver.Value, error)) *sqlite.FunctionImpl {
		return &sqlite.FunctionImpl{
			NArgs: -1, Deterministic: true,
			Scalar: func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) { return f(args) },
		}
	}
	all := map[string]*sqlite.FunctionImpl{
		"to_char": scalar(toChar), "to_number": scalar(toNumber), "to_date": scalar(toDate), "nlssort": scalar(nlsSort),
		"lob_length":  scalar(lobLength),
		"sys_context": scalar(func(args []driver.Value) (driver.Value, error) { return sysContext(o, args) }),
		"source_scn": scalar(func([]driver.Value) (driver.Value, error) {
			d.log.mu.Lock()
			defer d.log.mu.Unlock()
			return firstSCN + d.log.used, nil
		}),
		"source_transactions": scalar(func([]driver.Value) (driver.Value, error) {
			all, err := json.Marshal(d.log.transactionRows())
			return string(all), err
		}),
		"source_archived_logs": scalar(func([]driver.Value) (driver.Value, error) {
			all, err := json.Marshal(d.archivedLogs())
			return string(all), err
		}),
		"source_sysdate": scalar(func([]driver.Value) (driver.Value, error) { return julianDay(time.Now()), nil }),
	}
	all["source_logging"] = scalar(func(args []driver.Value) (driver.Value, error) {
		if len(args) == 1 && d.supplemental.ofDatabase(fmt.Sprint(args[0])) {
			return "YES", nil
		}
		return "NO", nil
	})
	for _, name := range []string{"source_scn", "source_transactions", "source_logging", "source_archived_logs", "source_sysdate"} {
		all[name].Deterministic = false
	}
	return all
}

func texts(args []driver.Value) []string {
	all := make([]string, len(args))
	for i, a := range args {
		all[i] = fmt.Sprint(a)
	}
	return all
}

// refused is the error for arguments that a function does not take here.
func refused(function string, args []driver.Value) error {
	return fmt.Errorf("ORA-00909: invalid arguments: %s(%s) is not implemented in this stand-in for Oracle",
		function, strings.Join(texts(args), ", "))
}

// sysContext is SYS_CONTEXT.
func sysContext(o Oracle, args []driver.Value) (driver.Value, error) {
	words := texts(args)
	if len(words) != 2 || !strings.EqualFold(words[0], "USERENV") {
		return nil, refused("SYS_CONTEXT", args)
	}
	switch strings.ToUpper(words[1]) {
	case "SESSION_USER", "CURRENT_USER":
		return strings.ToUpper(o.Username), nil
	case "CON_NAME":
		return o.Service, nil
	case "SERVER_HOST":
		return o.Host, nil
	case "SERVICE_NAME":
		return o.Service, nil
	default:
		return nil, fmt.Errorf("ORA-02003: invalid USERENV parameter %s", words[1])
	}
}

const (
	oracleSeconds = "YYYY-MM-DD HH24:MI:SS"
	oracleDay     = "YYYY-MM-DD"
)

// layouts maps Oracle's date formats to Go's layouts.
var layouts = map[string]string{
	oracleSeconds: time.DateTime, `YYYY-MM-DD"T"HH24:MI:SS`: "2006-01-02T15:04:05", oracleDay: time.DateOnly,
	"YYYY-MM-DD HH24:MI": "2006-01-02 15:04", `YYYY-MM-DD"T"HH24:MI`: "2006-01-02T15:04",
}

// stored reads a DATE or TIMESTAMP in the form in which this package stores it.
func stored(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04:05.999999999"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("ORA-01858: %q is not a date", text)
}

// toChar is TO_CHAR. It takes a text, a number with the format TM9, or a date with one of layouts.
func toChar(args []driver.Value) (driver.Value, error) {
	if len(args) == 0 {
		return nil, refused("TO_CHAR", args)
	}
	if args[0] == nil {
		return nil, nil
	}
	words := texts(args)
	switch {
	case len(args) == 1 || words[1] == "TM9":
		return number(args[0]), nil
	case layouts[words[1]] != "":
		at, err := stored(words[0])
		return at.Format(layouts[words[1]]), err
	default:
		return nil, refused("TO_CHAR", args)
	}
}

// number writes a value as Oracle does: without the zero before a decimal point.
func number(v driver.Value) string {
	f, ok := v.(float64)
	if !ok {
		return fmt.Sprint(v)
	}
	digits := strconv.FormatFloat(f, 'f', -1, 64)
	if rest, below1 := strings.CutPrefix(strings.TrimPrefix(digits, "-"), "0."); below1 {
		sign, _, _ := strings.Cut(digits, "0.")
		return sign + "." + rest
	}
	return digits
}

// toNumber is TO_NUMBER. It ignores the format, because stored numbers need none.
func toNumber(args []driver.Value) (driver.Value, error) {
	if len(args) == 0 {
		return nil, refused("TO_NUMBER", args)
	}
	if args[0] == nil {
		return nil, nil
	}
	text := strings.TrimSpace(fmt.Sprint(args[0]))
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("ORA-01722: invalid number: %q", text)
	}
	return f, nil
}

// toDate is TO_DATE with one of layouts. It returns the date in the form in which this package stores it.
func toDate(args []driver.Value) (driver.Value, error) {
	words := texts(args)
	if len(args) != 2 || layouts[words[1]] == "" {
		return nil, refused("TO_DATE", args)
	}
	at, err := time.Parse(layouts[words[1]], words[0])
	if err != nil {
		return nil, fmt.Errorf("ORA-01861: literal does not match format string: %q", words[0])
	}
	return FormatTime(at), nil
}

// nlsSort is NLSSORT in binary order, which is SQLite's order too.
func nlsSort(args []driver.Value) (driver.Value, error) {
	if len(args) != 2 || fmt.Sprint(args[1]) != "NLS_SORT=BINARY" {
		return nil, refused("NLSSORT", args)
	}
	return args[0], nil
}

// lobLength is LENGTH of a LOB. It counts the bytes of a BLOB and the UTF-16 code units of a CLOB.
func lobLength(args []driver.Value) (driver.Value, error) {
	if len(args) != 1 {
		return nil, refused("LENGTH", args)
	}
	switch v := args[0].(type) {
	case nil:
		return nil, nil
	case []byte:
		return int64(len(v)), nil
	default:
		units := 0
		for _, r := range fmt.Sprint(v) {
			units += max(utf16.RuneLen(r), 1)
		}
		return int64(units), nil
	}
}
