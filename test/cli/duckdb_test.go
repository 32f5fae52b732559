package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam"
	"github.com/oralake/oralake/test/aws/s3"
	"github.com/oralake/oralake/test/demo/tablediff"
	"github.com/oralake/oralake/test/duckdb"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// wantDuckDBAgrees reads the lake's files with DuckDB, which shares no code with this repository: the loaded tables against
// the source, the changed ones against package lake.
func wantDuckDBAgrees(t *testing.T, dir string, loaded, changed []string) {
	t.Helper()
	buckets, err := filepath.Glob(filepath.Join(dir, "s3", "*datalake*"))
	if err != nil || len(buckets) != 1 {
		t.Fatalf("buckets of the lake: %v (%v), want one", buckets, err)
	}
	l := lakeFiles{t: t, dir: dir, bucket: buckets[0]}
	for _, table := range loaded {
		t.Run(table+" in DuckDB", func(t *testing.T) { l.of(t).wantLoaded(table) })
	}
	for _, table := range changed {
		t.Run(table+" by the documented query in DuckDB", func(t *testing.T) { l.of(t).wantQueried(table) })
	}
}

// lakeFiles are the files of a lake on this machine.
type lakeFiles struct {
	t           *testing.T
	dir, bucket string // dir is the folder of the demonstration, bucket that of the lake's objects
}

func (l lakeFiles) of(t *testing.T) lakeFiles { return lakeFiles{t, l.dir, l.bucket} }

// files is a table of DuckDB: the rows of all Parquet files of a folder.
func (l lakeFiles) files(folder string) string {
	return fmt.Sprintf("read_parquet('%s/%s/**/*.parquet', union_by_name = true)", l.bucket, folder)
}

func (l lakeFiles) run(statements ...string) []duckdb.Result {
	l.t.Helper()
	results, err := duckdb.Run(l.t.Context(), harness.Root(), statements...)
	if err != nil {
		l.t.Fatal(err)
	}
	return results
}

// wantLoaded checks that DuckDB finds the rows of the source in the files of a full load, and finds them by filters, too.
func (l lakeFiles) wantLoaded(table string) {
	l.t.Helper()
	schema, name, _ := strings.Cut(table, ".")
	folder := l.published(schema, name)
	files := l.files(folder)
	rows, err := l.run("select * from " + files)[0].Table()
	if err != nil {
		l.t.Fatal(err)
	}
	d, err := tablediff.Compare(l.t.Context(), l.source(), oracledb.Table{Schema: schema, Name: name}, rows)
	if err != nil {
		l.t.Fatal(err)
	}
	if !d.Equal() || d.Rows == 0 || len(rows.Rows) != d.Rows {
		l.t.Errorf("DuckDB reads %d rows, the source has %d: %d missing, %d extra, %d changed: %s", len(rows.Rows), d.Rows,
			d.Missing, d.Extra, d.Changed, d.Example)
	}
	l.wantFiltered(files)
	l.wantBounds(folder, files)
}

// published returns the folder of the snapshot of a table that readers see.
func (l lakeFiles) published(schema, name string) string {
	l.t.Helper()
	var current lake.Current
	if err := json.Unmarshal([]byte(readFile(l.t, filepath.Join(l.bucket, "current", schema, name+".json"))), &current); err != nil {
		l.t.Fatal(err)
	}
	return strings.Trim(strings.TrimPrefix(current.Location, "s3://"+filepath.Base(l.bucket)), "/")
}

// wantBounds checks that the bounds in the footers are those of the values. Readers skip what the bounds exclude; DuckDB ignores
// bounds whose minimum is greater than their maximum, which a filter would not show. Bounds of texts may be shortened.
func (l lakeFiles) wantBounds(folder, files string) {
	l.t.Helper()
	var names, statements []string
	for _, c := range l.run("describe select * from " + files)[0].Rows {
		if name, kind := *c[0], *c[1]; kind != "VARCHAR" {
			names = append(names, name)
			statements = append(statements, fmt.Sprintf(`select (select min(stats_min_value::%[1]s)::varchar || ' to ' || max(stats_max_value::%[1]s)::varchar
				from parquet_metadata('%[2]s/%[3]s/**/*.parquet') where path_in_schema = '%[4]s'),
				(select min(%[4]q)::varchar || ' to ' || max(%[4]q)::varchar from %[5]s)`, kind, l.bucket, folder, name, files))
		}
	}
	for i, result := range l.run(statements...) {
		row := result.Rows[0]
		if row[0] == nil || row[1] == nil || *row[0] != *row[1] {
			l.t.Errorf("%s: the bounds in the footers are %s, the values are %s", names[i], value(row[0]), value(row[1]))
		}
	}
}

func value(text *string) string {
	if text == nil {
		return "null"
	}
	return *text
}

// wantFiltered checks that filters find rows. DuckDB skips the row groups and pages whose bounds exclude a filter, as Athena
// does. It does not skip any for an aggregate of all rows.
func (l lakeFiles) wantFiltered(files string) {
	l.t.Helper()
	columns := l.run("describe select * from " + files)[0].Rows
	var bounds []string
	for _, c := range columns {
		bounds = append(bounds, fmt.Sprintf(`select unnest(quantile_disc(%q, [0, 0.05, 0.25, 0.5, 0.75, 1]))::varchar from %s`, *c[0], files))
	}
	var filtered, all, filters []string
	for i, result := range l.run(bounds...) {
		for _, row := range result.Rows {
			for _, operator := range []string{"<", "<=", "=", ">"} {
				if row[0] == nil {
					continue // The column is empty.
				}
				filter := fmt.Sprintf(`%q %s cast('%s' as %s)`, *columns[i][0], operator, strings.ReplaceAll(*row[0], "'", "''"), *columns[i][1])
				filters = append(filters, filter)
				filtered = append(filtered, "select count(*) from "+files+" where "+filter)
				all = append(all, "select count(case when "+filter+" then 1 end) from "+files)
			}
		}
	}
	if len(filters) == 0 {
		l.t.Fatalf("no column to filter by: %v", columns)
	}
	results := l.run(slices.Concat(filtered, all)...)
	for i, filter := range filters {
		got, want := *results[i].Rows[0][0], *results[len(filters)+i].Rows[0][0]
		if got != want {
			l.t.Errorf("where %s: DuckDB finds %s rows, want %s: the bounds in the files are wrong", filter, got, want)
		}
	}
}

// wantQueried checks that the query of docs/changed-tables.md returns the rows that package lake reads, and that its table
// has the columns of the files. The query and its table are those of CUSTOMER; another table has other columns.
func (l lakeFiles) wantQueried(table string) {
	l.t.Helper()
	document := readFile(l.t, filepath.Join(harness.Root(), "docs", "changed-tables.md"))
	query := block(l.t, document, "<!-- athena: begin -->")
	definition := block(l.t, document, "Create this table once")
	schema, name, _ := strings.Cut(table, ".")
	there, keys := l.read(oracledb.Table{Schema: schema, Name: name})

	const documented = "customer"
	columns := strings.ToLower(strings.Join(there.Columns, ", "))
	if !strings.EqualFold(name, documented) {
		ofCustomer := selected.FindStringSubmatch(query)
		if ofCustomer == nil {
			l.t.Fatalf("the query names no columns:\n%s", query)
		}
		query = strings.NewReplacer(ofCustomer[1], columns, "c_custkey", strings.ToLower(strings.Join(keys, ", "))).Replace(query)
	}
	results := l.run("create view "+documented+"_changes as select * from "+l.files("cdc/"+schema+"/"+name),
		"describe "+documented+"_changes", query)
	if strings.EqualFold(name, documented) {
		var described []string
		for _, row := range results[1].Rows {
			described = append(described, strings.ToLower(*row[0])+" "+athenaTypes.Replace(strings.ToLower(*row[1])))
		}
		// Athena finds the columns of a Parquet file by their names, so their order does not matter.
		if diff := cmp.Diff(slices.Sorted(slices.Values(columnsOf(definition))), slices.Sorted(slices.Values(described))); diff != "" {
			l.t.Errorf("columns of the files (-documented +described by DuckDB):\n%s", diff)
		}
	}
	got, err := results[2].Table()
	if err != nil {
		l.t.Fatal(err)
	}
	if diff := cmp.Diff(there.Columns, got.Columns); diff != "" {
		l.t.Fatalf("columns (-lake +query):\n%s", diff)
	}
	if len(there.Rows) == 0 || there.Met.Changes == 0 {
		l.t.Errorf("package lake reads %d rows and %d changes, want more than 0", len(there.Rows), there.Met.Changes)
	}
	if diff := cmp.Diff(sortedTexts(there), sortedTexts(got)); diff != "" {
		l.t.Errorf("rows (-lake +query):\n%s", diff)
	}
}

// source opens the database as it was before the changes.
func (l lakeFiles) source() *oracledb.Database {
	l.t.Helper()
	source, err := oracledb.Open(filepath.Join(l.dir, "source", fmt.Sprint(scale)))
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { source.Close() })
	return source
}

// read reads a changed table with package lake. keys are the columns of its key.
func (l lakeFiles) read(table oracledb.Table) (there *lake.Table, keys []string) {
	l.t.Helper()
	columns, err := l.source().Columns(l.t.Context(), table)
	if err != nil {
		l.t.Fatal(err)
	}
	keys = tablediff.Keys(columns)
	acct := account.Account{ID: "111122223333", Region: "eu-central-1"}
	service, err := s3.New(acct, filepath.Dir(l.bucket))
	if err != nil {
		l.t.Fatal(err)
	}
	g := gateway.New(iam.New(acct))
	g.Handle("s3", service.Handler())
	reader := lake.Reader{
		Objects: sdk.NewFromConfig(g.Config(acct.Region, iam.AdminCredentials())), Bucket: filepath.Base(l.bucket), Timestamp: "ORALAKE_TS",
	}
	if there, err = reader.Read(l.t.Context(), "cdc/"+table.Schema+"/"+table.Name, keys...); err != nil {
		l.t.Fatal(err)
	}
	return there, keys
}

// selected finds the columns that the query selects.
var selected = regexp.MustCompile(`(?m)^select ([a-z_, ]+)$`)

// athenaTypes spells DuckDB's names of types as Athena does.
var athenaTypes = strings.NewReplacer("varchar", "string")

// column is a column of a "create external table" statement.
var column = regexp.MustCompile(`([a-z_]+ (?:string|decimal\(\d+,\d+\)))[,)]`)

func columnsOf(definition string) (all []string) {
	for _, found := range column.FindAllStringSubmatch(definition, -1) {
		all = append(all, found[1])
	}
	return all
}

// block returns the first block of SQL of a document after some words.
func block(t *testing.T, document, words string) string {
	t.Helper()
	_, after, found := strings.Cut(document, words)
	_, after, begins := strings.Cut(after, "```sql\n")
	sql, _, ends := strings.Cut(after, "```")
	if !found || !begins || !ends {
		t.Fatalf("the document has no ```sql block after %q", words)
	}
	return sql
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// sortedTexts returns the rows of a table as texts, in an order.
func sortedTexts(t *lake.Table) (all []string) {
	for _, row := range t.Rows {
		var words []string
		for _, v := range row {
			words = append(words, tablediff.Text(v))
		}
		all = append(all, strings.Join(words, " "))
	}
	slices.Sort(all)
	return all
}
