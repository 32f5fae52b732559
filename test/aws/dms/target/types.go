package target

import (
	"errors"
	"fmt"

	"github.com/oralake/oralake/test/aws/dms/mapping"
	"github.com/oralake/oralake/test/oracledb"
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
	// Precision is how many digits a value may have, and Scale how many of them are behind the point; both are 0 for a
	// kind that is not a number of digits.
	Precision, Scale int
	Nullable         bool
	// Blank is true for a type that Oracle fills up with blanks to Length.
	Blank bool
	// Length is the longest value that the declared type allows, in characters, or bytes of a Bytes column; 0 when it does
	// not say.
	Length int
	// Limit is the longest LOB that the task takes, in bytes; 0 for other columns.
	Limit int
	// Cut cuts a value that is too long, in place of having it refused.
	Cut bool
	// Refuse is what a value that is too long and not cut is refused with: ErrTruncated or ErrLOBTruncated.
	Refuse error
}

// Options say what a task and its source endpoint add to a table's own types.
type Options struct {
	// NumberScale is what a NUMBER without a precision becomes: a scale at precision 38, -1 a double, -2 a string.
	NumberScale int
	// LOBMax is where LOBs are cut off, in bytes; 0 leaves LOB columns out.
	LOBMax int
	// Cut cuts values that are too long; otherwise a row that has one is bad, with ErrTruncated.
	Cut bool
	// FailOnTruncation makes a row with a LOB that is too long bad with ErrLOBTruncated, whatever Cut says.
	FailOnTruncation bool
}

// What a row with a value that is too long is bad for.
var (
	ErrTruncated    = errors.New("the value would be truncated")
	ErrLOBTruncated = errors.New("the LOB would be truncated, and the source endpoint has FailTasksOnLobTruncation")
)

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
		k.Cut, k.Refuse = o.Cut, ErrTruncated
		if k.Limit > 0 && o.FailOnTruncation {
			k.Cut, k.Refuse = false, ErrLOBTruncated
		}
		all, names = append(all, k), append(names, c.Name)
	}
	if len(all) == 0 {
		return nil, nil, errors.New("no column is left without LOBs")
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

// Added are the columns of a file that a task adds to those of the table.
func Added(columns []mapping.AddedColumn, o Options) []Column {
	all := make([]Column, len(columns))
	for i, c := range columns {
		all[i] = Column{Name: c.As, Kind: String, Nullable: true, Length: c.Length, Cut: o.Cut, Refuse: ErrTruncated}
	}
	return all
}
