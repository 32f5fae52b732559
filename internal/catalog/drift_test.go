package catalog

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/records"
)

func columns(pairs ...string) (all []records.Column) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, records.Column{Name: pairs[i], Type: pairs[i+1]})
	}
	return all
}

func TestCompareColumns(t *testing.T) {
	published := columns("O_ID", "decimal(10,0)", "O_NOTE", "string", "O_AT", "timestamp")
	for name, test := range map[string]struct {
		loaded []records.Column
		want   *records.Drift
		breaks bool
		says   string
	}{
		"the same":                    {columns("O_ID", "decimal(10,0)", "O_NOTE", "string", "O_AT", "timestamp"), nil, false, ""},
		"another order, another case": {columns("o_at", "timestamp", "o_id", "decimal(10,0)", "o_note", "string"), nil, false, ""},
		"ADD a column": {
			columns("O_ID", "decimal(10,0)", "O_NOTE", "string", "O_AT", "timestamp", "O_FLAG", "string"),
			&records.Drift{Added: columns("O_FLAG", "string")}, false, "column O_FLAG (string) is new",
		},
		"DROP COLUMN": {
			columns("O_ID", "decimal(10,0)", "O_NOTE", "string"),
			&records.Drift{Removed: columns("O_AT", "timestamp")}, true, "column O_AT (timestamp) is gone",
		},
		"RENAME COLUMN": {
			columns("O_ID", "decimal(10,0)", "O_TEXT", "string", "O_AT", "timestamp"),
			&records.Drift{Added: columns("O_TEXT", "string"), Removed: columns("O_NOTE", "string")}, true,
			"column O_NOTE (string) is gone; column O_TEXT (string) is new",
		},
		"MODIFY to a wider number": {
			columns("O_ID", "decimal(12,2)", "O_NOTE", "string", "O_AT", "timestamp"),
			&records.Drift{Changed: []records.ColumnChange{{Name: "O_ID", From: "decimal(10,0)", To: "decimal(12,2)", Change: records.Widened}}}, false,
			"column O_ID is widened from decimal(10,0) to decimal(12,2)",
		},
		"MODIFY to a narrower number": {
			columns("O_ID", "decimal(10,2)", "O_NOTE", "string", "O_AT", "timestamp"),
			&records.Drift{Changed: []records.ColumnChange{{Name: "O_ID", From: "decimal(10,0)", To: "decimal(10,2)", Change: records.Narrowed}}}, true,
			"column O_ID is narrowed from decimal(10,0) to decimal(10,2)",
		},
		"MODIFY to another type": {
			columns("O_ID", "string", "O_NOTE", "string", "O_AT", "timestamp"),
			&records.Drift{Changed: []records.ColumnChange{{Name: "O_ID", From: "decimal(10,0)", To: "string", Change: records.Retyped}}}, true,
			"column O_ID is retyped from decimal(10,0) to string",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Compare(published, test.loaded)
			if diff := cmp.Diff(got, test.want); diff != "" {
				t.Errorf("drift (-got +want):\n%s", diff)
			}
			if got.Breaks() != test.breaks || got.String() != test.says {
				t.Errorf("breaks %t and says %q, want %t and %q", got.Breaks(), got, test.breaks, test.says)
			}
		})
	}
}

// Of two types, one has all values of the other, or they overlap, or they are of different kinds.
func TestTypeChanges(t *testing.T) {
	for _, test := range []struct {
		from, to     string
		change, back records.TypeChange
	}{
		{"tinyint", "smallint", records.Widened, records.Narrowed},
		{"int", "bigint", records.Widened, records.Narrowed},
		{"int", "decimal(10,0)", records.Widened, records.Narrowed},
		{"decimal(9,0)", "int", records.Widened, records.Narrowed},
		{"bigint", "decimal(18,0)", records.Narrowed, records.Widened},
		{"decimal(10,2)", "decimal(12,4)", records.Widened, records.Narrowed},
		{"decimal(10,2)", "decimal(11,4)", records.Narrowed, records.Narrowed},
		{"decimal(38,10)", "bigint", records.Narrowed, records.Widened},
		{"float", "double", records.Widened, records.Narrowed},
		{"date", "timestamp", records.Widened, records.Narrowed},
		{"int", "double", records.Retyped, records.Retyped},
		{"string", "binary", records.Retyped, records.Retyped},
		{"string", "timestamp", records.Retyped, records.Retyped},
		{"boolean", "tinyint", records.Retyped, records.Retyped},
	} {
		if got, back := typeChange(test.from, test.to), typeChange(test.to, test.from); got != test.change || back != test.back {
			t.Errorf("%s to %s: got %s, and %s back; want %s and %s", test.from, test.to, got, back, test.change, test.back)
		}
	}
}
