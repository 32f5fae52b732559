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
	// Precision and Scale are those of a NUMBER; both are 0 for one without. A TIMESTAMP has its fraction in Scale.
	Precision, Scale int
	// Length of a character or RAW type, in the unit it was declared in.
	Length int
}

// declaredType is a name, perhaps numbers in parentheses, and perhaps the rest of the name.
var declaredType = regexp.MustCompile(`^([A-Z][A-Z0-9_ ]*?)\s*` +
	`(?:\(\s*(\*|\d+)(?:\s+(?:BYTE|CHAR))?\s*(?:,\s*(-?\d+))?\s*\))?(\s+[A-Z ]+)?$`)

// defaultFraction is how many digits of a second a TIMESTAMP has when it does not say.
const defaultFraction = 6

// ParseType reads a type as Oracle writes it, such as NUMBER(15,2) or TIMESTAMP(3) WITH TIME ZONE. Which types can be
// migrated is not decided here.
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

// Numeric says whether values of the type are numbers.
func (t Type) Numeric() bool { return t.Name == "NUMBER" || t.Float() }

// Float says whether the type is a floating-point number.
func (t Type) Float() bool {
	return t.Name == "FLOAT" || t.Name == "BINARY_FLOAT" || t.Name == "BINARY_DOUBLE"
}

// LOB says whether the type is a large object, which DMS limits in size.
func (t Type) LOB() bool { return t.Name == "CLOB" || t.Name == "NCLOB" || t.Name == "BLOB" }

// FormatTime writes a DATE or TIMESTAMP as a source stores it.
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
