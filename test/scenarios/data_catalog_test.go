package scenarios_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/demo/tablediff"
	"github.com/oralake/oralake/test/duckdb"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

const nightlyStaff = "  nightly: {type: full-load, tables: [HR.EMP]}\n"

var emp = oracledb.Table{Schema: "HR", Name: "EMP"}

// dataCatalog is the database of a department in the Data Catalog.
type dataCatalog struct {
	duckdb.Catalog
	t   *testing.T
	api *glue.Client
}

func (a *testAccount) catalog(o harness.Outputs) dataCatalog {
	a.t.Helper()
	api := glue.NewFromConfig(a.Admin())
	return dataCatalog{t: a.t, api: api, Catalog: duckdb.Catalog{
		Root: harness.Root(), Database: o["CatalogDatabase"], Glue: api, Files: a.download,
	}}
}

// download copies the files of a location to this machine.
func (a *testAccount) download(ctx context.Context, location string) (paths []string, err error) {
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(location, "s3://"), "/")
	dir := a.t.TempDir()
	list, err := a.Objects.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
	if err != nil {
		return nil, err
	}
	for i, object := range list.Contents {
		out, err := a.Objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: object.Key})
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(out.Body)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, fmt.Sprint(i, ".parquet"))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// columns returns the columns of a table; empty if the catalog does not have it.
func (c dataCatalog) columns(table string) string {
	c.t.Helper()
	out, err := c.api.GetTables(c.t.Context(), &glue.GetTablesInput{DatabaseName: &c.Database, Expression: &table})
	if err != nil {
		c.t.Fatal(err)
	}
	var all []string
	for _, t := range out.TableList {
		for _, column := range t.StorageDescriptor.Columns {
			all = append(all, aws.ToString(column.Name)+" "+aws.ToString(column.Type))
		}
	}
	return strings.Join(all, ", ")
}

// wantSource checks that a reader that knows only the catalog reads the rows of the source.
func (c dataCatalog) wantSource(db *oracledb.Database, table oracledb.Table) {
	c.t.Helper()
	name := strings.ToLower(table.Name)
	results, err := c.Run(c.t.Context(), []string{name}, "select * exclude (oralake_ts) from "+name)
	if err != nil {
		c.t.Error(err)
		return
	}
	read, err := results[0].Table()
	if err != nil {
		c.t.Fatal(err)
	}
	d, err := tablediff.Compare(c.t.Context(), db, table, read)
	if err != nil {
		c.t.Fatal(err)
	}
	if !d.Equal() || len(read.Rows) != d.Rows {
		c.t.Errorf("%s through the catalog has %d rows, the source %d: %+v", table, len(read.Rows), d.Rows, d)
	}
}

// staffOf is a database with a table of these columns and rows.
func staffOf(t *testing.T, columns, rows string) *oracledb.Database {
	t.Helper()
	script := "CREATE TABLE EMP (" + columns + ");"
	if rows != "" {
		script += "INSERT INTO EMP VALUES " + rows + ";"
	}
	return sourceOf(t, "HR", script)
}

const (
	empColumns = "ID NUMBER(6) NOT NULL, NAME VARCHAR2(20), SALARY NUMBER(8,2), HIRED DATE, PRIMARY KEY (ID)"
	empRows    = "(1, 'Ada', 5000.50, '2020-02-29 10:00:00'), (2, 'Ben', NULL, NULL), (3, NULL, -1, '1999-12-31 00:00:00')"
	inCatalog  = "oralake_ts string, id int, name string, salary decimal(8,2), hired timestamp"
)

// remake is DDL that changes the columns of a table, as Oracle has it after the statement.
func remake(columns, rows string) func(context.Context, *oracledb.Database) error {
	return func(ctx context.Context, db *oracledb.Database) error {
		if err := db.Drop(ctx, emp); err != nil {
			return err
		}
		if err := db.CreateTable(ctx, emp, columns); err != nil || rows == "" {
			return err
		}
		return db.Write(ctx, func(tx *oracledb.Tx) error { return tx.Exec("INSERT INTO HR.EMP VALUES " + rows) })
	}
}

// DDL runs between two full loads. The record of the second one says how the columns differ. If readers would lack columns, or rows, the
// load is held: the catalog has the columns of the load before until a person accepts it. Then the catalog has the columns of the files,
// and a reader that knows only the catalog reads the rows of the source.
func TestDDLBetweenFullLoads(t *testing.T) {
	v := synthesize(t, nightlyStaff, "")
	for name, test := range map[string]struct {
		ddl     func(context.Context, *oracledb.Database) error
		columns string // in the catalog afterwards
		drift   string
		held    records.GateName // empty if the load is published
	}{
		"none": {func(context.Context, *oracledb.Database) error { return nil }, inCatalog, "", ""},
		"ADD a column": {
			func(ctx context.Context, db *oracledb.Database) error {
				return db.AddColumn(ctx, emp, "NOTE VARCHAR2(5)")
			},
			inCatalog + ", note string", "column NOTE (string) is new", "",
		},
		"DROP COLUMN": {
			remake("ID NUMBER(6) NOT NULL, NAME VARCHAR2(20), HIRED DATE, PRIMARY KEY (ID)", "(1, 'Ada', NULL)"),
			"oralake_ts string, id int, name string, hired timestamp", "column SALARY (decimal(8,2)) is gone", records.GateOnSchemaChange,
		},
		"RENAME COLUMN": {
			remake(strings.Replace(empColumns, "NAME", "LABEL", 1), empRows), strings.Replace(inCatalog, "name", "label", 1),
			"column NAME (string) is gone; column LABEL (string) is new", records.GateOnSchemaChange,
		},
		"MODIFY to a wider number": {
			remake(strings.Replace(empColumns, "NUMBER(8,2)", "NUMBER(10,2)", 1), empRows), strings.Replace(inCatalog, "8,2", "10,2", 1),
			"column SALARY is widened from decimal(8,2) to decimal(10,2)", "",
		},
		"MODIFY to a narrower number": {
			remake(strings.Replace(empColumns, "NUMBER(8,2)", "NUMBER(6,2)", 1), empRows), strings.Replace(inCatalog, "8,2", "6,2", 1),
			"column SALARY is narrowed from decimal(8,2) to decimal(6,2)", records.GateOnSchemaChange,
		},
		"MODIFY to another type": {
			remake(strings.Replace(empColumns, "NUMBER(8,2)", "VARCHAR2(10)", 1), "(1, 'Ada', 'much', NULL)"),
			strings.Replace(inCatalog, "decimal(8,2)", "string", 1), "column SALARY is retyped from decimal(8,2) to string", records.GateOnSchemaChange,
		},
		"MODIFY the length and NOT NULL": {
			remake(strings.Replace(empColumns, "VARCHAR2(20)", "VARCHAR2(7) NOT NULL", 1), "(1, 'Ada', 7, NULL)"), inCatalog, "", "",
		},
		"the order of the columns": {
			remake("HIRED DATE, SALARY NUMBER(8,2), NAME VARCHAR2(20), ID NUMBER(6) NOT NULL, PRIMARY KEY (ID)", "(NULL, 7, 'Ada', 1)"),
			"oralake_ts string, hired timestamp, salary decimal(8,2), name string, id int", "", "",
		},
		"TRUNCATE": {
			func(ctx context.Context, db *oracledb.Database) error { return db.Truncate(ctx, emp) }, inCatalog, "", records.GateMaxDropPercent,
		},
		"DROP and CREATE": {remake(empColumns, empRows), inCatalog, "", ""},
		"DROP and CREATE with other columns, empty": {
			remake("KEY NUMBER(4) NOT NULL, PRIMARY KEY (KEY)", ""), inCatalog, "", records.GateMaxDropPercent, // without a file nothing says the new columns
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := staffOf(t, empColumns, empRows)
			synctest.Test(t, func(t *testing.T) {
				a := openAccount(t, db)
				outputs := a.DeployTemplate(v.department, v.template)
				c := a.catalog(outputs)
				run := func(more string, status sfntypes.ExecutionStatus) records.Table {
					t.Helper()
					a.want(a.Run(outputs["StateMachineArn"], `{"job": "nightly"`+more+`}`), status)
					all := a.TableRecords(outputs, "HR.EMP")
					if len(all) == 0 || all[len(all)-1].Published == nil {
						t.Fatalf("the records of the table do not say what is published: %+v", all)
					}
					time.Sleep(time.Minute)
					return all[len(all)-1]
				}
				if first := run("", sfntypes.ExecutionStatusSucceeded).Published; first.Drift != nil {
					t.Errorf("first load: got the drift %s", first.Drift)
				}
				if got := c.columns("emp"); got != inCatalog {
					t.Errorf("columns after the first load: got %s, want %s", got, inCatalog)
				}
				c.wantSource(db, emp)
				if err := test.ddl(t.Context(), db); err != nil {
					t.Fatal(err)
				}
				if test.held == "" {
					if got := run("", sfntypes.ExecutionStatusSucceeded).Published; got.Status != records.PublishedNow || got.Drift.String() != test.drift {
						t.Errorf("second load: got %+v with the drift %q, want it published with %q", got, got.Drift, test.drift)
					}
				} else {
					second := run("", sfntypes.ExecutionStatusFailed)
					if got := second.Published; got.Status != records.HeldBack || got.Drift.String() != test.drift ||
						len(second.Held) != 1 || second.Held[0].Name != test.held || !second.Good {
						t.Errorf("second load: got %+v of %+v, want it held by %s with %q", got, second, test.held, test.drift)
					}
					if last := a.lastRun(outputs, "nightly"); last.Outcome != "PARTIAL" || !strings.Contains(last.Reason, "HR.EMP: it is held") {
						t.Errorf("record of the run: %+v, want a partial one that says what is held", last)
					}
					a.wantOneAlert(outputs, "HR.EMP: it is held", second.Held[0].Why)
					if got := c.columns("emp"); got != inCatalog {
						t.Errorf("columns while the load is held: got %s, want %s", got, inCatalog)
					}
					if got := run(`, "publish": ["HR.EMP"]`, sfntypes.ExecutionStatusSucceeded).Published; got.Status != records.Accepted || got.Drift.String() != test.drift {
						t.Errorf("acceptance: got %+v with the drift %q, want %q", got, got.Drift, test.drift)
					}
				}
				if got := c.columns("emp"); got != test.columns {
					t.Errorf("columns after the second load: got %s, want %s", got, test.columns)
				}
				if name != "DROP and CREATE with other columns, empty" {
					c.wantSource(db, emp)
				}
			})
		})
	}
}

// The catalog follows what is published, also back, and what somebody changed is repaired by the next run.
func TestTheCatalogFollowsPublications(t *testing.T) {
	v := synthesize(t, nightlyStaff, "")
	db := staffOf(t, empColumns, "")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.DeployTemplate(v.department, v.template)
		c := a.catalog(outputs)
		run := func(input string) {
			t.Helper()
			a.want(a.Run(outputs["StateMachineArn"], input), sfntypes.ExecutionStatusSucceeded)
			time.Sleep(time.Minute) // the schedule fires at four
		}
		insert := func(rows string) {
			t.Helper()
			if err := db.Write(t.Context(), func(tx *oracledb.Tx) error { return tx.Exec("INSERT INTO HR.EMP VALUES " + rows) }); err != nil {
				t.Fatal(err)
			}
		}
		count := func(want string) {
			t.Helper()
			results, err := c.Run(t.Context(), []string{"emp"}, "select count(*)::varchar from emp")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := results[0].Text(); err != nil || got != want {
				t.Errorf("rows through the catalog: got %s, %v, want %s", got, err, want)
			}
		}
		run(`{"job": "nightly"}`)
		if got := c.columns("emp"); got != "" {
			t.Errorf("a table that never had a row is in the catalog, with the columns %s", got)
		}
		if why := a.TableRecords(outputs, "HR.EMP")[0].Published.Why; !strings.Contains(why, "its columns are not known") {
			t.Errorf("its record says %q", why)
		}
		insert("(1, 'Ada', 1, NULL), (2, 'Ben', 2, NULL)")
		run(`{"job": "nightly"}`)
		count("2")
		insert("(3, 'Cleo', 3, NULL)")
		run(`{"job": "nightly"}`)
		count("3")
		run(`{"job": "nightly", "rollback": ["HR.EMP"]}`)
		count("2")
		got, err := c.api.GetTable(t.Context(), &glue.GetTableInput{DatabaseName: &c.Database, Name: aws.String("emp")})
		if err != nil {
			t.Fatal(err)
		}
		if want := a.Current(outputs, emp).Location; *got.Table.StorageDescriptor.Location != want {
			t.Errorf("location in the catalog: got %s, want that of the document, %s", *got.Table.StorageDescriptor.Location, want)
		}
		if _, err := c.api.DeleteTable(t.Context(), &glue.DeleteTableInput{DatabaseName: &c.Database, Name: aws.String("emp")}); err != nil {
			t.Fatal(err)
		}
		run(`{"job": "nightly"}`)
		count("3")
		c.wantSource(db, emp)

		a.Destroy("oralake-sales")
		if err := a.AwaitGone("oralake-sales"); err != nil {
			t.Fatal(err)
		}
		databases, err := c.api.GetDatabases(t.Context(), &glue.GetDatabasesInput{})
		if err != nil || len(databases.DatabaseList) != 0 {
			t.Errorf("databases after destroy: got %+v, %v, want none", databases, err)
		}
	})
}

// A run whose tables the catalog refuses says so and fails, and readers keep the load before. The next run that may publishes.
func TestTheCatalogRefuses(t *testing.T) {
	v := synthesize(t, nightlyStaff, "")
	db := staffOf(t, empColumns, empRows)
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.DeployTemplate(v.department, v.template)
		c := a.catalog(outputs)
		view := &types.TableInput{Name: aws.String("emp"), TableType: aws.String("VIRTUAL_VIEW"), ViewOriginalText: aws.String("/* a person's */")}
		if _, err := c.api.CreateTable(t.Context(), &glue.CreateTableInput{DatabaseName: &c.Database, TableInput: view}); err != nil {
			t.Fatal(err)
		}
		e := a.Run(outputs["StateMachineArn"], `{"job": "nightly"}`)
		runs := a.RunRecords(outputs, "nightly")
		if e.Status != sfntypes.ExecutionStatusFailed || len(runs) != 1 || !strings.Contains(runs[0].Reason, "oralake has not made") {
			t.Fatalf("the run is %s, its record %+v, want a failure that says why", e.Status, runs)
		}
		if _, err := c.api.DeleteTable(t.Context(), &glue.DeleteTableInput{DatabaseName: &c.Database, Name: aws.String("emp")}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "nightly"}`), sfntypes.ExecutionStatusSucceeded)
		c.wantSource(db, emp)
	})
}

// Names that Athena may not be able to use are findings in the record of the table. The table is in the catalog all the same.
func TestNamesThatAthenaMayNotRead(t *testing.T) {
	v := synthesize(t, nightlyStaff, "")
	db := staffOf(t, "ID NUMBER(6) NOT NULL, PAY$ NUMBER(6), PRIMARY KEY (ID)", "(1, 100)")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.DeployTemplate(v.department, v.template)
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "nightly"}`), sfntypes.ExecutionStatusSucceeded)
		got := a.TableRecords(outputs, "HR.EMP")[0].Published.Findings
		if len(got) != 1 || !strings.Contains(got[0], "PAY$") {
			t.Errorf("findings: got %v, want one about PAY$", got)
		}
		if diff := cmp.Diff(a.catalog(outputs).columns("emp"), "oralake_ts string, id int, pay$ int"); diff != "" {
			t.Errorf("columns (-got +want):\n%s", diff)
		}
	})
}

// A table that leaves the file leaves the catalog, and its data stays. Tables and views of people stay.
func TestTablesThatLeaveTheFileLeaveTheCatalog(t *testing.T) {
	both := synthesize(t, "  nightly: {type: full-load, tables: [HR.EMP, HR.DEPT]}\n", "")
	one := synthesize(t, nightlyStaff, "")
	dir := t.TempDir()
	if err := oracledb.Create(dir, "HR", "CREATE TABLE EMP (ID NUMBER(6)); CREATE TABLE DEPT (ID NUMBER(6)); INSERT INTO EMP VALUES (1); INSERT INTO DEPT VALUES (2);"); err != nil {
		t.Fatal(err)
	}
	db, err := oracledb.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	dept := oracledb.Table{Schema: "HR", Name: "DEPT"}
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.DeployTemplate(both.department, both.template)
		c := a.catalog(outputs)
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "nightly"}`), sfntypes.ExecutionStatusSucceeded)
		view := &types.TableInput{Name: aws.String("people"), TableType: aws.String("VIRTUAL_VIEW"), ViewOriginalText: aws.String("/* a person's */")}
		if _, err := c.api.CreateTable(t.Context(), &glue.CreateTableInput{DatabaseName: &c.Database, TableInput: view}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // the search for orphans deletes no table of the file
		if c.columns("dept") == "" || c.columns("emp") == "" {
			t.Fatal("the tables of the file are not in the catalog")
		}
		if err := a.Update(one.department, one.template); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		var names []string
		out, err := c.api.GetTables(t.Context(), &glue.GetTablesInput{DatabaseName: &c.Database})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range out.TableList {
			names = append(names, *one.Name)
		}
		if diff := cmp.Diff(names, []string{"emp", "people"}); diff != "" {
			t.Errorf("tables of the catalog after HR.DEPT has left the file (-got +want):\n%s", diff)
		}
		if read, err := a.Lake(outputs).ReadCurrent(t.Context(), a.Current(outputs, dept)); err != nil || len(read.Rows) != 1 {
			t.Errorf("its data in the lake: %+v, %v, want the row", read, err)
		}
	})
}
