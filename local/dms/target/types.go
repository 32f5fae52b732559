package target

import (
	"errors"
	"fmt"

	"github.com/oralake/oralake/local/dms/mapping"
	"github.com/oralake/oralake/local/source"
)

// Kind is a data type of DMS, between the source's and the file's.
type Kind int

// The kinds that an Oracle source gives to an S3 target.
const (
	String Kind = iota
	Bytes
	Int1
	Int2
	Int4
	Numeric
	Real4
	Real8
	DateTime
)

// Column is a column of a file.
type Column struct {
	Name string
	Kind Kind
	// Precision and Scale are those of a Numeric.
	Precision, Scale int
	Nullable         bool
	// Blank is true for a type that Oracle fills up with blanks to Length.
	Blank  bool
	Length int
	// Limit is where a LOB is cut off, in bytes; 0 for other columns.
	Limit int
	// FailOnTruncation makes a LOB that would be cut off an error.
	FailOnTruncation bool
}

// Options say what a task and its source endpoint add to a table's own types.
type Options struct {
	// NumberScale is what a NUMBER without a precision becomes: a scale at precision 38, -1 a double, -2 a string.
	NumberScale int
	// LOBMax is where LOBs are cut off, in bytes; 0 leaves LOB columns out.
	LOBMax int
	// FailOnTruncation makes a LOB that would be cut off ErrTruncated.
	FailOnTruncation bool
}

// ErrTruncated means that a LOB is longer than the task takes.
var ErrTruncated = errors.New("a LOB would be truncated")

// DefaultNumberScale is DMS's scale for a NUMBER without a precision.
const DefaultNumberScale = 10

const maxPrecision = 38

// Columns says which columns a file has for those of a table, and which columns of the source they are. The types are
// mapped as the Replicate engine under DMS documents them (Oracle source data types; mapping to Parquet).
func Columns(columns []mapping.TargetColumn, o Options) (all []Column, names []string, err error) {
	for _, c := range columns {
		if c.Type.LOB() && o.LOBMax == 0 {
			continue
		}
		k, err := column(c.Type, o)
		if err != nil {
			return nil, nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		k.Name, k.Nullable = c.As, c.Nullable
		all, names = append(all, k), append(names, c.Name)
	}
	if len(all) == 0 {
		return nil, nil, errors.New("no column is left without LOBs")
	}
	return all, names, nil
}

func column(t source.Type, o Options) (Column, error) {
	switch t.Name {
	case "NUMBER":
		return number(t, o.NumberScale), nil
	case "FLOAT", "BINARY_DOUBLE":
		return Column{Kind: Real8}, nil
	case "BINARY_FLOAT":
		return Column{Kind: Real4}, nil
	case "DATE", "TIMESTAMP":
		return Column{Kind: DateTime}, nil
	case "VARCHAR2", "NVARCHAR2", "VARCHAR", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE":
		return Column{Kind: String}, nil
	case "CHAR", "NCHAR":
		return Column{Kind: String, Blank: true, Length: max(1, t.Length)}, nil
	case "CLOB", "NCLOB":
		return Column{Kind: String, Limit: o.LOBMax, FailOnTruncation: o.FailOnTruncation}, nil
	case "RAW":
		return Column{Kind: Bytes}, nil
	case "BLOB":
		return Column{Kind: Bytes, Limit: o.LOBMax, FailOnTruncation: o.FailOnTruncation}, nil
	default:
		return Column{}, fmt.Errorf("the embedded DMS does not migrate type %s", t.Name)
	}
}

func number(t source.Type, undeclared int) Column {
	switch p, s := t.Precision, t.Scale; {
	case p == 0 && s == 0 && undeclared == -1:
		return Column{Kind: Real8}
	case p == 0 && s == 0 && undeclared == -2:
		return Column{Kind: String}
	case p == 0 && s == 0:
		return Column{Kind: Numeric, Precision: maxPrecision, Scale: undeclared}
	case s < 0 || p < s:
		return Column{Kind: Real8}
	case s == 0 && p <= 2:
		return Column{Kind: Int1}
	case s == 0 && p <= 4:
		return Column{Kind: Int2}
	case s == 0 && p <= 9:
		return Column{Kind: Int4}
	default:
		return Column{Kind: Numeric, Precision: p, Scale: s}
	}
}
