package lake_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
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
			reader := lake.Reader{Objects: b, Bucket: "lake"}
			got, err := reader.Inventory(t.Context(), "full/S/T")
			listed, listErr := reader.List(t.Context(), []string{"full/S/T_OLD/", "full/S/T/"})
			if listErr != nil {
				t.Fatal(listErr)
			}
			of, ofErr := reader.InventoryOf(t.Context(), listed, "full/S/T/")
			if diff := cmp.Diff(got, of); diff != "" || (err == nil) != (ofErr == nil) {
				t.Errorf("of the listing: %v (-alone +listed):\n%s", ofErr, diff)
			}
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

// counting counts the calls that list.
type counting struct {
	bucket
	lists int
}

func (c *counting) ListObjectsV2(
	ctx context.Context, in *s3.ListObjectsV2Input, o ...func(*s3.Options),
) (*s3.ListObjectsV2Output, error) {
	c.lists++
	return c.bucket.ListObjectsV2(ctx, in, o...)
}

// The folders of a run are listed together: a call for each page of files, and not for each table.
func TestFoldersAreListedTogether(t *testing.T) {
	c := &counting{bucket: bucket{}}
	var folders []string
	for i := range 500 {
		folder := fmt.Sprintf("full/S%d__RUN/T%d/", i%2, i)
		folders = append(folders, folder)
		c.bucket[folder+"LOAD00000001.parquet"] = []byte("1")
	}
	listed, err := lake.Reader{Objects: c, Bucket: "lake"}.List(t.Context(), folders)
	if err != nil {
		t.Fatal(err)
	}
	const filesOfPage = 2 // of the bucket
	if pages := len(folders) / filesOfPage; len(listed) != len(folders) || c.lists != pages {
		t.Errorf("%d folders by %d calls, want %d by %d pages", len(listed), c.lists, len(folders), pages)
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
