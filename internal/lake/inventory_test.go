package lake_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/lake"
)

func TestInventory(t *testing.T) {
	type row struct {
		ID    int64   `parquet:"ID"`
		Price int64   `parquet:"PRICE,decimal(2:12)"`
		Note  *string `parquet:"NOTE,optional"`
	}
	type other struct {
		ID int32 `parquet:"ID"`
	}
	whole := fileOf(t, row{ID: 1}, row{ID: 2}, row{ID: 3}, row{ID: 4})
	columns := []lake.Column{{Name: "ID", Type: "bigint"}, {Name: "PRICE", Type: "decimal(12,2)"}, {Name: "NOTE", Type: "string"}}
	size := int64(len(whole))
	for name, test := range map[string]struct {
		files map[string][]byte // below full/S/T/
		want  lake.Inventory
		fails string
	}{
		"no file": {},
		"partitions and segments": {
			files: map[string][]byte{"SEGMENT1_LOAD00000001.parquet": whole, "p1/LOAD0000000A.parquet": whole, "p1/": nil, "LOAD00000001.parquet": whole},
			want:  lake.Inventory{Files: 3, Bytes: 3 * size, Rows: 12, Columns: columns},
		},
		"CSV": {
			files: map[string][]byte{"LOAD00000001.csv": []byte("ID\n1\n")},
			want:  lake.Inventory{Files: 1, Bytes: 5, Uncounted: "full/S/T/LOAD00000001.csv"},
		},
		"a file that a person has added counts, because readers read it": {
			files: map[string][]byte{"LOAD00000001.parquet": whole, "copy.parquet": whole},
			want:  lake.Inventory{Files: 2, Bytes: 2 * size, Rows: 8, Columns: columns},
		},
		"other columns": {
			files: map[string][]byte{"LOAD00000001.parquet": whole, "LOAD00000002.parquet": fileOf(t, other{ID: 1})},
			fails: "LOAD00000002.parquet: its columns are not those of full/S/T/LOAD00000001.parquet",
		},
		"half a file": {
			files: map[string][]byte{"LOAD00000001.parquet": whole[:size-9]},
			fails: "read s3://lake/full/S/T/LOAD00000001.parquet: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := bucket{"full/S/T_OLD/LOAD00000001.parquet": whole}
			for name, content := range test.files {
				b["full/S/T/"+name] = content
			}
			got, err := lake.Reader{Objects: b, Bucket: "lake"}.Inventory(t.Context(), "full/S/T")
			if test.fails != "" {
				if err == nil || !strings.Contains(err.Error(), test.fails) {
					t.Errorf("got %v, want an error with %q", err, test.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The types are those by which Athena reads the columns.
func TestColumnTypes(t *testing.T) {
	type row struct {
		A int8      `parquet:"A"`
		B int16     `parquet:"B"`
		C uint32    `parquet:"C"`
		D uint64    `parquet:"D"`
		E float32   `parquet:"E"`
		F float64   `parquet:"F"`
		G bool      `parquet:"G"`
		H []byte    `parquet:"H"`
		I time.Time `parquet:"I,timestamp(millisecond)"`
		J int32     `parquet:"J,date"`
	}
	b := bucket{"full/S/T/LOAD00000001.parquet": fileOf(t, row{})}
	got, err := lake.Reader{Objects: b, Bucket: "lake"}.Inventory(t.Context(), "full/S/T")
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, c := range got.Columns {
		types = append(types, c.Type)
	}
	want := []string{"tinyint", "smallint", "bigint", "decimal(20,0)", "float", "double", "boolean", "binary", "timestamp", "date"}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
}
