package lake

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// hiveType returns the type by which Glue and Athena read a column of a Parquet file. The file decides, not Oracle's dictionary: what
// DMS writes for a NUMBER depends on its settings.
func hiveType(c *parquet.Column) (string, error) {
	if !c.Leaf() || c.Repeated() {
		return "", errors.New("it is nested, and DMS never writes nested columns")
	}
	if logical := c.Type().LogicalType(); logical != nil && logical.Value != nil {
		switch t := logical.Value.(type) {
		case *format.DecimalType:
			return fmt.Sprintf("decimal(%d,%d)", t.Precision, t.Scale), nil
		case *format.TimestampType:
			return "timestamp", nil
		case *format.DateType:
			return "date", nil
		case *format.StringType:
			return "string", nil
		case *format.IntType:
			return hiveInteger(int(t.BitWidth), t.IsSigned)
		default:
			return "", fmt.Errorf("DMS never writes its type %s", logical)
		}
	}
	switch kind := c.Type().Kind(); kind {
	case parquet.Boolean:
		return "boolean", nil
	case parquet.Int32:
		return "int", nil
	case parquet.Int64:
		return "bigint", nil
	case parquet.Float:
		return "float", nil
	case parquet.Double:
		return "double", nil
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return "binary", nil
	default:
		return "", fmt.Errorf("DMS never writes its type %s", kind)
	}
}

// hiveInteger returns the smallest type that has all integers of so many bits. Hive has no unsigned types.
func hiveInteger(bits int, signed bool) (string, error) {
	types := map[int]string{8: "tinyint", 16: "smallint", 32: "int", 64: "bigint", 128: "decimal(20,0)"}
	wanted := bits
	if !signed {
		wanted *= 2
	}
	if types[wanted] == "" {
		return "", fmt.Errorf("DMS never writes integers of %d bits", bits)
	}
	return types[wanted], nil
}
