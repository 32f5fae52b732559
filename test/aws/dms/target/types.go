package target

import (
	"errors"
	"fmt"

	"github.com/oralake/oralake/test/aws/dms/mapping"
	"github.com/oralake/oralake/test/oracledb"
)

// Kind is a data type of DMS, between the type of the source and the type of the file.
type Kind int

// The kinds that an S3 target gets from an Oracle source.
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
	// Precision is the largest number of digits of a value. Scale is the number of digits after the decimal point. Both are
	// 0 for a kind without a declared number of digits.
	Precision, Scale int
	Nullable         bool
	// Blank is true for a type whose values Oracle pads with blanks to Length.
	Blank bool
	// Length is the length of the longest value that the declared type allows: in bytes for a Bytes column, in characters
	// for other columns. It is 0 when the type has no limit.
	Length int
	// Limit is the size of the largest LOB that the task migrates, in bytes. It is 0 for other columns.
	Limit int
	// Cut truncates a value that is too long. Without Cut, the value is refused.
	Cut bool
	// Refuse is the error of a value that is too long when Cut is false: ErrTruncated or ErrLOBTruncated.
	Refuse error
}

// Options are the settings of a task and its source endpoint that affect the types of columns.
type Options struct {
	// NumberScale converts a NUMBER without a precision: 0 to 38 is the scale at precision 38, -1 makes a double, and -2 a
	// string.
	NumberScale int
	// LOBMax is the size at which LOBs are truncated, in bytes. 0 leaves LOB columns out.
	LOBMax int
	// Cut truncates values that are too long. Without Cut, a row with such a value is bad, with ErrTruncated.
	Cut bool
	// FailOnTruncation makes a row with a LOB that is too long bad, with ErrLOBTruncated, even when Cut is true.
	FailOnTruncation bool
}

// The errors of a row with a value that is too long.
var (
	ErrTruncated    = errors.New("the value would be truncated")
	ErrLOBTruncated = errors.New("the LOB would be truncated, and the source endpoint has FailTasksOnLobTruncation")
)

// DefaultNumberScale is the scale that DMS gives a NUMBER without a precision.
const DefaultNumberScale = 10

const maxPrecision = 38

// Columns returns the file columns for the columns of a table, and the names of these columns at the source. The type
// mapping is that of the Replicate engine under DMS (Oracle source data types; mapping to Parquet). Columns fails when a
// type is not supported or when no column remains.
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
		k.Cut, k.Refuse = o.Cut, ErrTruncated
		if k.Limit > 0 && o.FailOnTruncation {
			k.Cut, k.Refuse = false, ErrLOBTruncated
		}
		all, names = append(all, k), append(names, c.Name)
	}
	if len(all) == 0 {
		return nil, nil, errors.New("all columns are LOBs, and the task leaves LOBs out")
	}
	return all, names, nil
}

func column(t oracledb.Type, o Options) (Column, error) {
	switch t.Name {
	case "NUMBER":
		return number(t, o.NumberScale), nil
	case "FLOAT", "BINARY_DOUBLE":
		return Column{Kind: Real8}, nil
	case "BINARY_FLOAT":
		return Column{Kind: Real4}, nil
	case "DATE", "TIMESTAMP":
		return Column{Kind: DateTime}, nil
	case "VARCHAR2", "NVARCHAR2", "VARCHAR":
		return Column{Kind: String, Length: t.Length}, nil
	case "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE":
		return Column{Kind: String}, nil
	case "CHAR", "NCHAR":
		return Column{Kind: String, Blank: true, Length: max(1, t.Length)}, nil
	case "CLOB", "NCLOB":
		return Column{Kind: String, Limit: o.LOBMax}, nil
	case "RAW":
		return Column{Kind: Bytes, Length: t.Length}, nil
	case "BLOB":
		return Column{Kind: Bytes, Limit: o.LOBMax}, nil
	default:
		return Column{}, fmt.Errorf("the embedded DMS does not migrate type %s", t.Name)
	}
}

func number(t oracledb.Type, undeclared int) Column {
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
		return Column{Kind: Int1, Precision: p}
	case s == 0 && p <= 4:
		return Column{Kind: Int2, Precision: p}
	case s == 0 && p <= 9:
		return Column{Kind: Int4, Precision: p}
	default:
		return Column{Kind: Numeric, Precision: p, Scale: s}
	}
}

// Added returns the file columns that a task adds to the columns of the table.
func Added(columns []mapping.AddedColumn, o Options) []Column {
	all := make([]Column, len(columns))
	for i, c := range columns {
		all[i] = Column{Name: c.As, Kind: String, Nullable: true, Length: c.Length, Cut: o.Cut, Refuse: ErrTruncated}
	}
	return all
}
