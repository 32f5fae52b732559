package duckdb

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
)

// Catalog is a database of the Data Catalog whose tables DuckDB reads.
type Catalog struct {
	Root     string // the root of the repository
	Database string
	Glue     interface {
		GetTable(context.Context, *glue.GetTableInput, ...func(*glue.Options)) (*glue.GetTableOutput, error)
	}
	// Files returns the paths on this machine of all files at a location, such as s3://BUCKET/full/SALES__RUN/ORDERS/.
	Files func(ctx context.Context, location string) ([]string, error)
}

// Run runs statements in which the tables are views, as an engine finds them that knows only the catalog: the columns that the catalog
// has, found in the files by their names, with the types that the catalog says. A column that a file does not have is null. A table
// without files is empty. The error names a column whose type in the files is another one than in the catalog.
func (c Catalog) Run(ctx context.Context, tables []string, statements ...string) ([]Result, error) {
	found := make([]foundTable, len(tables))
	var describe []string
	for i, name := range tables {
		var err error
		if found[i], err = c.find(ctx, name); err != nil {
			return nil, fmt.Errorf("read table %s of database %s in the catalog: %w", name, c.Database, err)
		}
		describe = append(describe, found[i].describe())
	}
	described, err := Run(ctx, c.Root, describe...)
	if err != nil {
		return nil, err
	}
	var views []string
	for i, table := range found {
		view, err := table.view(described[i])
		if err != nil {
			return nil, fmt.Errorf("read table %s of database %s in the catalog: %w", tables[i], c.Database, err)
		}
		views = append(views, view)
	}
	results, err := Run(ctx, c.Root, append(views, statements...)...)
	if err != nil {
		return nil, err
	}
	return results[len(views):], nil
}

// foundTable is a table of the catalog with its files.
type foundTable struct {
	name    string
	columns []types.Column
	files   []string
}

func (c Catalog) find(ctx context.Context, name string) (foundTable, error) {
	out, err := c.Glue.GetTable(ctx, &glue.GetTableInput{DatabaseName: &c.Database, Name: &name})
	if err != nil {
		return foundTable{}, err
	}
	t, d := out.Table, out.Table.StorageDescriptor
	if aws.ToString(t.TableType) != "EXTERNAL_TABLE" || t.Parameters["classification"] != "parquet" || d == nil {
		return foundTable{}, fmt.Errorf("it is no table of Parquet files: %s, %v", aws.ToString(t.TableType), t.Parameters)
	}
	files, err := c.Files(ctx, aws.ToString(d.Location))
	return foundTable{name: aws.ToString(t.Name), columns: d.Columns, files: files}, err
}

// source is the rows of all files.
func (t foundTable) source() string {
	paths := make([]string, len(t.files))
	for i, file := range t.files {
		paths[i] = "'" + strings.ReplaceAll(file, "'", "''") + "'"
	}
	return "read_parquet([" + strings.Join(paths, ", ") + "], union_by_name = true, hive_partitioning = false)"
}

// describe is the statement whose result view needs.
func (t foundTable) describe() string {
	if len(t.files) == 0 {
		return "select '' as column_name, '' as column_type where false"
	}
	return "describe select * from " + t.source()
}

// view is the statement that makes a view of the table.
func (t foundTable) view(described Result) (string, error) {
	inFiles := map[string]string{}
	for _, row := range described.Rows {
		inFiles[strings.ToLower(*row[0])] = *row[1]
	}
	var columns []string
	for _, c := range t.columns {
		name, hive := aws.ToString(c.Name), aws.ToString(c.Type)
		want, err := typeOf(hive)
		if err != nil {
			return "", fmt.Errorf("column %s: %w", name, err)
		}
		value := quote(name)
		switch is, found := inFiles[name]; {
		case !found:
			value = "null"
		case !fits(is, want):
			return "", fmt.Errorf("column %s is %s in the catalog and %s in the files", name, hive, is)
		}
		columns = append(columns, fmt.Sprintf("cast(%s as %s) as %s", value, want, quote(name)))
	}
	from := "from " + t.source()
	if len(t.files) == 0 {
		from = "where false"
	}
	return "create view " + quote(t.name) + " as select " + strings.Join(columns, ", ") + " " + from, nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

var decimalType = regexp.MustCompile(`^decimal\(\d+,\d+\)$`)

// typeOf returns DuckDB's name of a type of the catalog.
func typeOf(hive string) (string, error) {
	if decimalType.MatchString(hive) {
		return strings.ToUpper(hive), nil
	}
	known := map[string]string{
		"tinyint": "TINYINT", "smallint": "SMALLINT", "int": "INTEGER", "bigint": "BIGINT", "float": "FLOAT", "double": "DOUBLE",
		"boolean": "BOOLEAN", "string": "VARCHAR", "binary": "BLOB", "timestamp": "TIMESTAMP", "date": "DATE",
	}
	if known[hive] == "" {
		return "", fmt.Errorf("its type %s is not known to this test", hive)
	}
	return known[hive], nil
}

// fits says that a column of the files can be read as a type. Athena reads times with and without a zone as timestamps.
func fits(inFiles, want string) bool {
	return inFiles == want || want == "TIMESTAMP" && strings.HasPrefix(inFiles, want)
}

// Text returns the single value of a result.
func (r Result) Text() (string, error) {
	if len(r.Rows) != 1 || len(r.Rows[0]) != 1 || r.Rows[0][0] == nil {
		return "", fmt.Errorf("the result has %d rows, want one value", len(r.Rows))
	}
	return *r.Rows[0][0], nil
}
