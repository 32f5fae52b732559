// Package datacatalog tests internal/catalog/glue against the Data Catalog of the embedded AWS.
package datacatalog

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsglue "github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oralake/oralake/internal/catalog"
	"github.com/oralake/oralake/internal/catalog/glue"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
	localglue "github.com/oralake/oralake/test/aws/glue"
	"github.com/oralake/oralake/test/aws/iam"
)

const database = "oralake_sales"

// world is a catalog with the database of a department.
type world struct {
	t *testing.T
	glue.Database
	api     *awsglue.Client
	gateway *gateway.Gateway

	mu    sync.Mutex
	calls []string // the operations of Glue since the last call of took
}

func open(t *testing.T) *world {
	t.Helper()
	acct := account.Account{ID: "111122223333", Region: "eu-central-1"}
	w := &world{t: t, gateway: gateway.New(iam.New(acct))}
	w.gateway.Handle("glue", localglue.New(acct).Handler())
	w.gateway.Observe(func(c gateway.Call) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.calls = append(w.calls, c.Operation)
	})
	w.api = awsglue.NewFromConfig(w.gateway.Config(acct.Region, iam.AdminCredentials()))
	w.Database = glue.Database{API: w.api, Name: database, Bucket: "lake"}
	if _, err := w.api.CreateDatabase(t.Context(), &awsglue.CreateDatabaseInput{
		DatabaseInput: &types.DatabaseInput{Name: aws.String(database)},
	}); err != nil {
		t.Fatal(err)
	}
	w.took()
	return w
}

// orders is the n-th publication of SALES.ORDERS.
func orders(n int) catalog.Publication {
	return catalog.Publication{Table: "SALES.ORDERS", Version: n, Current: catalog.Snapshot{
		Format: "parquet", Location: fmt.Sprintf("full/SALES__202612%02dT020000Z/ORDERS/", n), Rows: 7,
		Columns: []records.Column{{Name: "O_ORDERKEY", Type: "decimal(10,0)"}, {Name: "O_COMMENT", Type: "string"}},
	}}
}

func location(p catalog.Publication) string { return "s3://lake/" + p.Current.Location }

// took returns the operations since its last call.
func (w *world) took() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.calls
	w.calls = nil
	return taken
}

// show shows a publication and wants so many writes.
func (w *world) show(p catalog.Publication, writes int) {
	w.t.Helper()
	w.took()
	if err := w.Show(w.t.Context(), p); err != nil {
		w.t.Fatal(err)
	}
	made := slices.DeleteFunc(w.took(), func(operation string) bool { return operation == "GetTable" })
	if len(made) != writes {
		w.t.Errorf("publication %d: got the writes %v, want %d", p.Version, made, writes)
	}
}

func (w *world) get() *types.Table {
	w.t.Helper()
	out, err := w.api.GetTable(w.t.Context(), &awsglue.GetTableInput{DatabaseName: aws.String(database), Name: aws.String("orders")})
	if err != nil {
		w.t.Fatal(err)
	}
	return out.Table
}

// write replaces the definition of the table, as a person may do it.
func (w *world) write(change func(*types.TableInput)) {
	w.t.Helper()
	t := w.get()
	in := &types.TableInput{
		Name: t.Name, Description: t.Description, Owner: t.Owner, Parameters: t.Parameters, PartitionKeys: t.PartitionKeys,
		StorageDescriptor: t.StorageDescriptor, TableType: t.TableType,
	}
	change(in)
	if _, err := w.api.UpdateTable(w.t.Context(), &awsglue.UpdateTableInput{DatabaseName: aws.String(database), TableInput: in}); err != nil {
		w.t.Fatal(err)
	}
}

var unexported = cmpopts.IgnoreUnexported(types.Table{}, types.Column{}, types.StorageDescriptor{}, types.SerDeInfo{})

func column(name, kind string) types.Column {
	return types.Column{Name: aws.String(name), Type: aws.String(kind)}
}

// The table is one that Athena reads as Parquet, by the names of its columns.
func TestATableOfTheCatalog(t *testing.T) {
	w := open(t)
	w.show(orders(1), 1)
	got := w.get()
	if diff := cmp.Diff(got, &types.Table{
		Name: aws.String("orders"), DatabaseName: aws.String(database), CatalogId: aws.String("111122223333"), VersionId: aws.String("0"),
		CreateTime: got.CreateTime, UpdateTime: got.UpdateTime, CreatedBy: got.CreatedBy,
		TableType: aws.String("EXTERNAL_TABLE"), PartitionKeys: []types.Column{},
		Parameters: map[string]string{"classification": "parquet", "oralake:table": "SALES.ORDERS", "oralake:version": "1"},
		StorageDescriptor: &types.StorageDescriptor{
			Location:     aws.String("s3://lake/full/SALES__20261201T020000Z/ORDERS/"),
			Columns:      []types.Column{column("o_orderkey", "decimal(10,0)"), column("o_comment", "string")},
			InputFormat:  aws.String("org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"),
			OutputFormat: aws.String("org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"),
			SerdeInfo: &types.SerDeInfo{
				SerializationLibrary: aws.String("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"),
				Parameters:           map[string]string{"serialization.format": "1"},
			},
		},
	}, unexported); diff != "" {
		t.Errorf("table (-got +want):\n%s", diff)
	}
}

// A publication is one write, and none if readers see it already.
func TestAPublicationIsOneWrite(t *testing.T) {
	w := open(t)
	w.show(orders(1), 1)
	w.show(orders(1), 0)
	w.show(orders(2), 1)
	w.show(orders(1), 0) // a call that comes late
	if got, want := *w.get().StorageDescriptor.Location, location(orders(2)); got != want {
		t.Errorf("location: got %s, want %s", got, want)
	}
	versions, err := w.api.GetTableVersions(t.Context(), &awsglue.GetTableVersionsInput{DatabaseName: aws.String(database), TableName: aws.String("orders")})
	if err != nil || len(versions.TableVersions) != 1 {
		t.Errorf("versions: got %d, %v, want the current one only", len(versions.TableVersions), err)
	}
}

// What somebody changed so that readers read something else is repaired by the next run. What people write about a table stays.
func TestChangesOfOthersAreRepaired(t *testing.T) {
	for name, change := range map[string]func(*types.TableInput){
		"the location": func(in *types.TableInput) {
			in.StorageDescriptor.Location = aws.String("s3://lake/full/SALES__OLD/ORDERS/")
		},
		"a type": func(in *types.TableInput) { in.StorageDescriptor.Columns[0].Type = aws.String("int") },
		"a name": func(in *types.TableInput) { in.StorageDescriptor.Columns[1].Name = aws.String("remark") },
		"a column more": func(in *types.TableInput) {
			in.StorageDescriptor.Columns = append(in.StorageDescriptor.Columns, column("x", "int"))
		},
		"the order": func(in *types.TableInput) { slices.Reverse(in.StorageDescriptor.Columns) },
		"columns by position": func(in *types.TableInput) {
			in.StorageDescriptor.SerdeInfo.Parameters["parquet.column.index.access"] = "true"
		},
		"the reader": func(in *types.TableInput) {
			in.StorageDescriptor.SerdeInfo = &types.SerDeInfo{SerializationLibrary: aws.String("org.openx.data.jsonserde.JsonSerDe")}
		},
		"the input format":           func(in *types.TableInput) { in.StorageDescriptor.InputFormat = aws.String("text") },
		"buckets":                    func(in *types.TableInput) { in.StorageDescriptor.NumberOfBuckets = 4 },
		"partitions":                 func(in *types.TableInput) { in.PartitionKeys = []types.Column{column("day", "string")} },
		"no list of partition keys":  func(in *types.TableInput) { in.PartitionKeys = nil },
		"the type of the table":      func(in *types.TableInput) { in.TableType = aws.String("GOVERNED") },
		"the format":                 func(in *types.TableInput) { in.Parameters["classification"] = "csv" },
		"no parameters":              func(in *types.TableInput) { in.Parameters = nil },
		"no storage descriptor":      func(in *types.TableInput) { in.StorageDescriptor = nil },
		"parameters of the location": func(in *types.TableInput) { in.StorageDescriptor.Parameters = map[string]string{"x": "y"} },
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			w.show(orders(1), 1)
			want := w.get()
			w.write(change)
			w.show(orders(1), 1)
			if diff := cmp.Diff(w.get(), want, unexported, cmpopts.IgnoreFields(types.Table{}, "VersionId", "UpdateTime")); diff != "" {
				t.Errorf("after the repair (-got +want):\n%s", diff)
			}
			w.show(orders(1), 0)
		})
	}
	t.Run("the table is deleted", func(t *testing.T) {
		w := open(t)
		w.show(orders(1), 1)
		if _, err := w.api.DeleteTable(t.Context(), &awsglue.DeleteTableInput{DatabaseName: aws.String(database), Name: aws.String("orders")}); err != nil {
			t.Fatal(err)
		}
		w.show(orders(1), 1)
	})
}

func TestPeopleMayDescribeATable(t *testing.T) {
	w := open(t)
	w.show(orders(1), 1)
	w.write(func(in *types.TableInput) {
		in.Description, in.Owner = aws.String("all orders"), aws.String("sales team")
		in.Parameters["quality"] = "gold"
		in.StorageDescriptor.Columns[1].Comment = aws.String("free text")
	})
	w.show(orders(1), 0)
	next := orders(2)
	next.Current.Columns = append([]records.Column{{Name: "O_NEW", Type: "int"}}, next.Current.Columns...)
	w.show(next, 1)
	got := w.get()
	if *got.Description != "all orders" || *got.Owner != "sales team" || got.Parameters["quality"] != "gold" {
		t.Errorf("description %q, owner %q, parameters %v, want what people wrote", *got.Description, *got.Owner, got.Parameters)
	}
	comment := column("o_comment", "string")
	comment.Comment = aws.String("free text")
	if diff := cmp.Diff(got.StorageDescriptor.Columns, []types.Column{column("o_new", "int"), column("o_orderkey", "decimal(10,0)"), comment}, unexported); diff != "" {
		t.Errorf("columns (-got +want):\n%s", diff)
	}
}

func TestATableThatNeverHadARow(t *testing.T) {
	w := open(t)
	empty := orders(1)
	empty.Current.Columns = nil
	w.show(empty, 0)
	w.show(orders(2), 1)
}

// A writer is held up after it has read the table. Meanwhile a newer publication is shown. The writer does not replace it.
func TestAHeldUpWriterDoesNotGoBack(t *testing.T) {
	for name, exists := range map[string]bool{"a table": true, "a new table": false} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			if exists {
				w.show(orders(1), 1)
			}
			late := w.Database
			late.API = &heldUp{API: w.api, meanwhile: func() { w.show(orders(3), 1) }}
			if err := late.Show(t.Context(), orders(2)); err != nil {
				t.Error(err)
			}
			if got, want := *w.get().StorageDescriptor.Location, location(orders(3)); got != want {
				t.Errorf("location: got %s, want that of the newer publication, %s", got, want)
			}
		})
	}
}

// heldUp calls meanwhile after the first read of a table.
type heldUp struct {
	glue.API
	meanwhile func()
}

func (h *heldUp) GetTable(ctx context.Context, in *awsglue.GetTableInput, o ...func(*awsglue.Options)) (*awsglue.GetTableOutput, error) {
	out, err := h.API.GetTable(ctx, in, o...)
	if h.meanwhile != nil {
		meanwhile := h.meanwhile
		h.meanwhile = nil
		meanwhile()
	}
	return out, err
}

// After a lost answer the SDK repeats the call, and Glue refuses the repetition.
func TestLostAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t)
		lost := map[string]bool{"CreateTable": true, "UpdateTable": true}
		w.gateway.Disturb(clock.Clock{}, func(c gateway.Call) gateway.Disturbance {
			w.mu.Lock()
			defer w.mu.Unlock()
			first := lost[c.Operation]
			lost[c.Operation] = false
			return gateway.Disturbance{Lost: first}
		})
		w.show(orders(1), 2)
		w.show(orders(2), 2)
		if got, want := *w.get().StorageDescriptor.Location, location(orders(2)); got != want {
			t.Errorf("location: got %s, want %s", got, want)
		}
	})
}

// Several runs show publications at the same time, calls are slow, and answers are lost. A reader never sees an older publication after
// a newer one, and in the end it sees the newest.
func TestConcurrentWriters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t)
		var mu sync.Mutex
		n := 0
		w.gateway.Disturb(clock.Clock{}, func(c gateway.Call) gateway.Disturbance {
			mu.Lock()
			defer mu.Unlock()
			n++
			return gateway.Disturbance{Before: time.Duration(n*7919%1000) * time.Millisecond, After: time.Duration(n*104729%1000) * time.Millisecond, Lost: n%7 == 0}
		})
		done, watched, reads := make(chan struct{}), make(chan struct{}), 0
		go func() {
			defer close(watched)
			for last := 0; ; reads++ {
				select {
				case <-done:
					return
				case <-time.After(100 * time.Millisecond):
				}
				out, err := w.api.GetTable(t.Context(), &awsglue.GetTableInput{DatabaseName: aws.String(database), Name: aws.String("orders")})
				if err != nil {
					continue // there is no table yet
				}
				version, err := strconv.Atoi(out.Table.Parameters["oralake:version"])
				if err != nil || version < last || *out.Table.StorageDescriptor.Location != location(orders(version)) {
					t.Errorf("after version %d: got version %d at %s", last, version, *out.Table.StorageDescriptor.Location)
				}
				last = version
			}
		}()
		var writers sync.WaitGroup
		next := make(chan int)
		for range 3 {
			writers.Go(func() {
				for i := range next {
					err := w.Show(t.Context(), orders(i))
					for try := 1; err != nil && try < 5; try++ { // the answers of all attempts were lost: the workflow calls again
						err = w.Show(t.Context(), orders(i))
					}
					if err != nil {
						t.Errorf("publication %d: %v", i, err)
					}
				}
			})
		}
		for i := 1; i <= 60; i++ {
			next <- i
		}
		close(next)
		writers.Wait()
		close(done)
		<-watched
		if got, want := *w.get().StorageDescriptor.Location, location(orders(60)); got != want || reads < 20 {
			t.Errorf("in the end after %d reads: at %s, want %s", reads, got, want)
		}
	})
}

func TestRefusedTables(t *testing.T) {
	fails := func(w *world, p catalog.Publication, says ...string) {
		t.Helper()
		err := w.Show(t.Context(), p)
		for _, one := range append(says, "write table orders of database oralake_sales") {
			if err == nil || !strings.Contains(err.Error(), one) {
				t.Errorf("got %v, want an error that says %q", err, one)
			}
		}
	}
	w := open(t)
	same := orders(2)
	same.Current.Columns = append(same.Current.Columns, records.Column{Name: "o_comment", Type: "string"})
	fails(w, same, "columns O_COMMENT and o_comment have one name", "exclude one")
	csv := orders(1)
	csv.Current.Format, csv.Current.Columns = "csv", nil
	w.show(csv, 0)
	w.show(orders(1), 1)
	csv.Version = 2
	fails(w, csv, "the published snapshot is csv")

	w = open(t)
	view := &types.TableInput{Name: aws.String("ORDERS"), TableType: aws.String("VIRTUAL_VIEW"), ViewOriginalText: aws.String("/* Presto View: e30= */")}
	if _, err := w.api.CreateTable(t.Context(), &awsglue.CreateTableInput{DatabaseName: aws.String(database), TableInput: view}); err != nil {
		t.Fatal(err)
	}
	fails(w, orders(1), "oralake has not made", "delete it")

	w = open(t)
	if _, err := w.api.DeleteDatabase(t.Context(), &awsglue.DeleteDatabaseInput{Name: aws.String(database)}); err != nil {
		t.Fatal(err)
	}
	fails(w, orders(1), "Database oralake_sales not found", "create it again")

	for code, test := range map[string]struct{ message, says string }{
		"AccessDeniedException":   {"Insufficient Lake Formation permission(s): Required Create Table on oralake_sales", "grant the role of the function publish DESCRIBE and CREATE_TABLE"},
		"GlueEncryptionException": {"kms:Decrypt is not allowed", "kms:GenerateDataKey"},
	} {
		w = open(t)
		w.gateway.Disturb(clock.Clock{}, func(c gateway.Call) gateway.Disturbance {
			if c.Operation == "CreateTable" {
				return gateway.Disturbance{Refuse: gateway.Errorf(code, "%s", test.message)}
			}
			return gateway.Disturbance{}
		})
		fails(w, orders(1), test.message, test.says)
	}

	w = open(t)
	w.show(orders(1), 1)
	w.gateway.Disturb(clock.Clock{}, func(c gateway.Call) gateway.Disturbance {
		if c.Operation == "UpdateTable" {
			return gateway.Disturbance{Refuse: gateway.Errorf("ConcurrentModificationException", "Update table failed due to concurrent modifications.")}
		}
		return gateway.Disturbance{}
	})
	fails(w, orders(2), "others keep changing it")
}

func TestFindings(t *testing.T) {
	columns := []records.Column{{Name: "O_ID"}, {Name: "_x9"}, {Name: "PRICE$"}, {Name: "GRÖSSE"}}
	got := strings.Join(glue.Findings("ORDERS#2", columns), "\n")
	for _, want := range []string{"the name of table ORDERS#2: Athena", "\nthe names of columns PRICE$, GRÖSSE: Athena"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want a finding that says %q", got, want)
		}
	}
	for i := range 300 {
		columns = append(columns, records.Column{Name: fmt.Sprintf("C#%d", i)})
	}
	if got := glue.Findings("ORDERS", columns); len(got) != 1 || !strings.Contains(got[0], "C#7, 292 more: Athena") {
		t.Errorf("many columns: got %v", got)
	}
	if none := glue.Findings("ORDERS", columns[:2]); none != nil {
		t.Errorf("findings of readable names: %v", none)
	}
}
