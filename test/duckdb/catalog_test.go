package duckdb_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/lake/laketest"
	"github.com/oralake/oralake/test/duckdb"
	"github.com/oralake/oralake/test/harness"
)

// oneTable is a catalog with one table.
type oneTable struct{ types.Table }

func (o oneTable) GetTable(context.Context, *glue.GetTableInput, ...func(*glue.Options)) (*glue.GetTableOutput, error) {
	return &glue.GetTableOutput{Table: &o.Table}, nil
}

type order struct {
	Key  int64  `parquet:"O_KEY,decimal(0:10)"`
	Note string `parquet:"O_NOTE"`
}

type wideOrder struct {
	Note  string `parquet:"O_NOTE"`
	Key   int64  `parquet:"O_KEY,decimal(0:10)"`
	Added int32  `parquet:"O_ADDED"`
}

// read reads a table with these columns in the catalog: pairs of names and types.
func read(t *testing.T, files map[string][]byte, columns ...string) (duckdb.Result, error) {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	table := types.Table{
		Name: aws.String("orders"), TableType: aws.String("EXTERNAL_TABLE"), Parameters: map[string]string{"classification": "parquet"},
		StorageDescriptor: &types.StorageDescriptor{Location: aws.String("s3://lake/orders/")},
	}
	for i := 0; i < len(columns); i += 2 {
		table.StorageDescriptor.Columns = append(table.StorageDescriptor.Columns, types.Column{Name: &columns[i], Type: &columns[i+1]})
	}
	c := duckdb.Catalog{Root: harness.Root(), Database: "sales", Glue: oneTable{table}, Files: func(_ context.Context, location string) ([]string, error) {
		if location != "s3://lake/orders/" {
			t.Errorf("location %s", location)
		}
		return paths, nil
	}}
	results, err := c.Run(t.Context(), []string{"orders"}, "select * from orders order by 1")
	if err != nil {
		return duckdb.Result{}, err
	}
	return results[0], nil
}

func file[T any](t *testing.T, rows ...T) []byte {
	t.Helper()
	content, err := laketest.File(rows...)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func texts(r duckdb.Result) string {
	var b strings.Builder
	for _, row := range r.Rows {
		for _, value := range row {
			if value == nil {
				b.WriteString("- ")
				continue
			}
			b.WriteString(*value + " ")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Columns are found by their names, whatever their order in the files, and have the types of the catalog.
func TestTheCatalogDecides(t *testing.T) {
	files := map[string][]byte{
		"a.parquet": file(t, order{1, "one"}), "b.parquet": file(t, wideOrder{"two", 2, 20}),
	}
	got, err := read(t, files, "o_key", "decimal(10,0)", "o_added", "int", "o_note", "string", "o_gone", "double")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(texts(got), "1 - one - \n2 20 two - \n"); diff != "" {
		t.Errorf("rows (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(got.Types, []string{"DECIMAL(10,0)", "INTEGER", "VARCHAR", "DOUBLE"}); diff != "" {
		t.Errorf("types (-got +want):\n%s", diff)
	}
	_, err = read(t, files, "o_key", "bigint")
	if err == nil || !strings.Contains(err.Error(), "column o_key is bigint in the catalog and DECIMAL(10,0) in the files") {
		t.Errorf("a wrong type: got %v", err)
	}
}

func TestATableWithoutFiles(t *testing.T) {
	got, err := read(t, nil, "o_key", "decimal(10,0)", "o_note", "string")
	if err != nil || len(got.Rows) != 0 || len(got.Columns) != 2 {
		t.Errorf("got %+v, %v, want two columns and no row", got, err)
	}
}
