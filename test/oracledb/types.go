package oracledb

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Type is a column's declared Oracle type.
type Type struct {
	// Name is the type without its numbers: "NUMBER", "VARCHAR2", "TIMESTAMP WITH TIME ZONE".
	Name string
	// Precision and Scale are those of a NUMBER; both are 0 for a NUMBER without them. Scale of a TIMESTAMP is the
	// number of digits of its fraction.
	Precision, Scale int
	// Length is that of a character or RAW type, in the declared unit.
	Length int
}

// declaredType matches a name, optional numbers in parentheses, and an optional rest of the name.
var declaredType = regexp.MustCompile(`^([A-Z][A-Z0-9_ ]*?)\s*` +
	`(?:\(\s*(\*|\d+)(?:\s+(?:BYTE|CHAR))?\s*(?:,\s*(-?\d+))?\s*\))?(\s+[A-Z ]+)?$`)

// defaultFraction is the number of fractional digits of a TIMESTAMP that declares none.
const defaultFraction = 6

// ParseType reads a type as Oracle writes it, such as NUMBER(15,2) or TIMESTAMP(3) WITH TIME ZONE. It does not decide
// which types can be migrated.
func ParseType(declared string) (Type, error) {
	m := declaredType.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(declared)))
	if m == nil {
		return Type{}, fmt.Errorf("declared type %q: want an Oracle type, such as NUMBER(10) or VARCHAR2(44)", declared)
	}
	t := Type{Name: m[1] + m[4]}
	first, scale := -1, 0
	if m[2] == "*" {
		first = 38
	} else if m[2] != "" {
		first, _ = strconv.Atoi(m[2])
	}
	if m[3] != "" {
		scale, _ = strconv.Atoi(m[3])
	}
	switch {
	case strings.HasPrefix(t.Name, "TIMESTAMP"):
		t.Scale = defaultFraction
		if first >= 0 {
			t.Scale = first
		}
	case t.Name == "NUMBER" || t.Name == "FLOAT":
		t.Precision, t.Scale = max(first, 0), scale
	case t.Name == "INTEGER" || t.Name == "INT" || t.Name == "SMALLINT":
		t.Name, t.Precision = "NUMBER", 38
	case first >= 0:
		t.Length = first
	}
	return t, nil
}

// Numeric reports whether values of the type are numbers.
func (t Type) Numeric() bool { return t.Name == "NUMBER" || t.Float() }

// Float reports whether the type is a floating-point number.
func (t Type) Float() bool {
	return t.Name == "FLOAT" || t.Name == "BINARY_FLOAT" || t.Name == "BINARY_DOUBLE"
}

// LOB reports whether the type is a large object, whose size DMS limits.
func (t Type) LOB() bool { return t.Name == "CLOB" || t.Name == "NCLOB" || t.Name == "BLOB" }

// FormatTime writes a DATE or TIMESTAMP in the form in which this package stores it.
func FormatTime(at time.Time) string {
	switch {
	case at.Nanosecond() != 0:
		return at.Format("2006-01-02 15:04:05.999999999")
	case at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0:
		return at.Format(time.DateOnly)
	default:
		return at.Format(time.DateTime)
	}
}
