package glue_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsglue "github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/glue"
	"github.com/oralake/oralake/test/aws/iam"
)

var acct = account.Account{ID: "123456789012", Region: "eu-central-1"}

// catalog is a catalog with the database sales, and the AWS SDK that reaches it over loopback.
type catalog struct {
	*awsglue.Client
	t       *testing.T
	service *glue.Service
}

func open(t *testing.T) catalog {
	t.Helper()
	s := glue.New(acct)
	g := gateway.New(iam.New(acct))
	g.Handle("glue", s.Handler())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: g}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	c := catalog{awsglue.New(awsglue.Options{
		Region: acct.Region, Credentials: iam.AdminCredentials(), BaseEndpoint: aws.String("http://" + listener.Addr().String()),
	}), t, s}
	if _, err := c.CreateDatabase(t.Context(), &awsglue.CreateDatabaseInput{
		DatabaseInput: &types.DatabaseInput{Name: aws.String("Sales"), Description: aws.String("of the department")},
	}); err != nil {
		t.Fatal(err)
	}
	return c
}

// orders is the definition of a table in a folder.
func orders(folder string) *types.TableInput {
	return &types.TableInput{
		Name: aws.String("ORDERS"), TableType: aws.String("EXTERNAL_TABLE"), PartitionKeys: []types.Column{},
		Parameters: map[string]string{"classification": "parquet"},
		StorageDescriptor: &types.StorageDescriptor{
			Location: aws.String("s3://lake/" + folder + "/"),
			Columns:  []types.Column{{Name: aws.String("O_KEY"), Type: aws.String("decimal(10,0)")}, {Name: aws.String("O_NOTE"), Type: aws.String("string")}},
			SerdeInfo: &types.SerDeInfo{
				SerializationLibrary: aws.String("parquet"), Parameters: map[string]string{"serialization.format": "1"},
			},
		},
	}
}

func (c catalog) create(folder string) {
	c.t.Helper()
	if _, err := c.CreateTable(c.t.Context(), &awsglue.CreateTableInput{DatabaseName: aws.String("sales"), TableInput: orders(folder)}); err != nil {
		c.t.Fatal(err)
	}
}

func (c catalog) get() *types.Table {
	c.t.Helper()
	out, err := c.GetTable(c.t.Context(), &awsglue.GetTableInput{DatabaseName: aws.String("SALES"), Name: aws.String("Orders")})
	if err != nil {
		c.t.Fatal(err)
	}
	return out.Table
}

// update replaces the definition. versionID nil replaces any version.
func (c catalog) update(folder string, versionID *string, skip bool) error {
	_, err := c.UpdateTable(c.t.Context(), &awsglue.UpdateTableInput{
		DatabaseName: aws.String("sales"), TableInput: orders(folder), VersionId: versionID, SkipArchive: &skip,
	})
	return err
}

func wantError(t *testing.T, what string, err error, code, says string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code || !strings.Contains(e.ErrorMessage(), says) {
		t.Errorf("%s: got %v, want %s that says %q", what, err, code, says)
	}
}

func TestNamesAreFolded(t *testing.T) {
	c := open(t)
	c.create("one")
	got := c.get()
	if got.CreateTime == nil || time.Since(*got.CreateTime) > time.Minute || got.UpdateTime == nil {
		t.Errorf("created %v, updated %v, want now", got.CreateTime, got.UpdateTime)
	}
	want := orders("one")
	for i := range want.StorageDescriptor.Columns {
		want.StorageDescriptor.Columns[i].Name = aws.String(strings.ToLower(*want.StorageDescriptor.Columns[i].Name))
	}
	if diff := cmp.Diff(got, &types.Table{
		Name: aws.String("orders"), DatabaseName: aws.String("sales"), CatalogId: &acct.ID, VersionId: aws.String("0"),
		CreatedBy: got.CreatedBy, CreateTime: got.CreateTime, UpdateTime: got.UpdateTime,
		TableType: want.TableType, PartitionKeys: []types.Column{}, Parameters: want.Parameters, StorageDescriptor: want.StorageDescriptor,
	}, cmpopts.IgnoreUnexported(types.Table{}, types.Column{}, types.StorageDescriptor{}, types.SerDeInfo{})); diff != "" {
		t.Errorf("table (-got +want):\n%s", diff)
	}
}

func TestUpdateTableComparesTheVersion(t *testing.T) {
	c := open(t)
	c.create("one")
	if err := c.update("two", c.get().VersionId, true); err != nil {
		t.Fatal(err)
	}
	wantError(t, "a version that is gone", c.update("three", aws.String("0"), true), "ConcurrentModificationException", "concurrent modifications")
	if got := c.get(); *got.VersionId != "1" || *got.StorageDescriptor.Location != "s3://lake/two/" {
		t.Errorf("after a refused update: version %s at %s", *got.VersionId, *got.StorageDescriptor.Location)
	}
	if err := c.update("four", nil, true); err != nil {
		t.Fatal(err)
	}
	if got := c.get(); *got.VersionId != "2" || *got.StorageDescriptor.Location != "s3://lake/four/" {
		t.Errorf("after an update of any version: version %s at %s", *got.VersionId, *got.StorageDescriptor.Location)
	}
}

// Of concurrent updates of one version exactly one succeeds.
func TestOneOfManyUpdatesWins(t *testing.T) {
	c := open(t)
	c.create("one")
	var wins sync.Map
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if err := c.update(fmt.Sprint("writer-", i), aws.String("0"), true); err == nil {
				wins.Store(i, true)
			} else {
				wantError(t, "a loser", err, "ConcurrentModificationException", "concurrent")
			}
		})
	}
	all.Wait()
	n := 0
	wins.Range(func(i, _ any) bool {
		n++
		if got, want := *c.get().StorageDescriptor.Location, fmt.Sprintf("s3://lake/writer-%d/", i); got != want {
			t.Errorf("location: got %s, want that of the winner, %s", got, want)
		}
		return true
	})
	if n != 1 {
		t.Errorf("%d writers won, want 1", n)
	}
}

func TestVersions(t *testing.T) {
	c := open(t)
	c.create("zero")
	for i, skip := range []bool{false, true, false} {
		if err := c.update(fmt.Sprint("update-", i+1), nil, skip); err != nil {
			t.Fatal(err)
		}
	}
	versions := func() (all []string) {
		out, err := c.GetTableVersions(t.Context(), &awsglue.GetTableVersionsInput{DatabaseName: aws.String("sales"), TableName: aws.String("orders")})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range out.TableVersions {
			all = append(all, *v.VersionId+" "+*v.Table.StorageDescriptor.Location)
		}
		return all
	}
	// The version 1 was not archived by the update after it.
	if diff := cmp.Diff(versions(), []string{"3 s3://lake/update-3/", "2 s3://lake/update-2/", "0 s3://lake/zero/"}); diff != "" {
		t.Errorf("versions (-got +want):\n%s", diff)
	}
	for id, want := range map[string]string{"0": "zero", "": "update-3"} {
		in := &awsglue.GetTableVersionInput{DatabaseName: aws.String("sales"), TableName: aws.String("orders")}
		if id != "" {
			in.VersionId = &id
		}
		out, err := c.GetTableVersion(t.Context(), in)
		if err != nil || *out.TableVersion.Table.StorageDescriptor.Location != "s3://lake/"+want+"/" {
			t.Errorf("version %q: got %+v, %v, want that of %s", id, out, err, want)
		}
	}
	remove := func(id string) error {
		_, err := c.DeleteTableVersion(t.Context(), &awsglue.DeleteTableVersionInput{
			DatabaseName: aws.String("sales"), TableName: aws.String("orders"), VersionId: &id,
		})
		return err
	}
	if err := remove("0"); err != nil {
		t.Error(err)
	}
	wantError(t, "a version that was not archived", remove("1"), "EntityNotFoundException", "Version 1")
	wantError(t, "the current version", remove("3"), "InvalidInputException", "current version")
	if diff := cmp.Diff(versions(), []string{"3 s3://lake/update-3/", "2 s3://lake/update-2/"}); diff != "" {
		t.Errorf("versions after a deletion (-got +want):\n%s", diff)
	}
}

func TestGetTablesHasPagesOf100(t *testing.T) {
	c := open(t)
	var want []string
	for i := range 203 {
		in := orders("one")
		in.Name = aws.String(fmt.Sprintf("T%03d", i))
		if _, err := c.CreateTable(t.Context(), &awsglue.CreateTableInput{DatabaseName: aws.String("sales"), TableInput: in}); err != nil {
			t.Fatal(err)
		}
		want = append(want, strings.ToLower(*in.Name))
	}
	list := func(in awsglue.GetTablesInput) (names []string, sizes []int) {
		in.DatabaseName = aws.String("sales")
		pages := awsglue.NewGetTablesPaginator(c, &in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, len(page.TableList))
			for _, one := range page.TableList {
				names = append(names, *one.Name)
			}
		}
		return names, sizes
	}
	names, sizes := list(awsglue.GetTablesInput{})
	if diff := cmp.Diff(names, want); diff != "" {
		t.Errorf("names (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(sizes, []int{100, 100, 3}); diff != "" {
		t.Errorf("pages (-got +want):\n%s", diff)
	}
	names, sizes = list(awsglue.GetTablesInput{Expression: aws.String("t00[0-4]"), MaxResults: aws.Int32(2)})
	if diff := cmp.Diff(names, want[:5]); diff != "" {
		t.Errorf("names that match (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(sizes, []int{2, 2, 1}); diff != "" {
		t.Errorf("small pages (-got +want):\n%s", diff)
	}
}

// Glue keeps two columns whose names differ only by case, as two columns with one name.
func TestColumnsWithOneNameAreKept(t *testing.T) {
	c := open(t)
	in := orders("one")
	in.StorageDescriptor.Columns = []types.Column{{Name: aws.String("id")}, {Name: aws.String("Id")}}
	if _, err := c.CreateTable(t.Context(), &awsglue.CreateTableInput{DatabaseName: aws.String("sales"), TableInput: in}); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, column := range c.get().StorageDescriptor.Columns {
		names = append(names, *column.Name)
	}
	if diff := cmp.Diff(names, []string{"id", "id"}); diff != "" {
		t.Errorf("columns (-got +want):\n%s", diff)
	}
}

func TestDeletedTables(t *testing.T) {
	c := open(t)
	c.create("one")
	out, err := c.BatchDeleteTable(t.Context(), &awsglue.BatchDeleteTableInput{
		DatabaseName: aws.String("sales"), TablesToDelete: []string{"Orders", "missing_table"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Errors) != 1 || *out.Errors[0].TableName != "missing_table" || *out.Errors[0].ErrorDetail.ErrorCode != "EntityNotFoundException" {
		t.Errorf("batch: got %+v, want an error for missing_table", out.Errors)
	}
	name := &awsglue.GetTableInput{DatabaseName: aws.String("sales"), Name: aws.String("orders")}
	_, err = c.GetTable(t.Context(), name)
	wantError(t, "get a deleted table", err, "EntityNotFoundException", "Entity Not Found")
	_, err = c.DeleteTable(t.Context(), &awsglue.DeleteTableInput{DatabaseName: name.DatabaseName, Name: name.Name})
	wantError(t, "delete it again", err, "EntityNotFoundException", "Table orders not found.")
	wantError(t, "update it", c.update("two", nil, true), "EntityNotFoundException", "Table ORDERS not found.")

	// A new table with the old name has none of its versions.
	c.create("two")
	if got := *c.get().VersionId; got != "0" {
		t.Errorf("version of a new table: got %s, want 0", got)
	}
	if _, err := c.DeleteDatabase(t.Context(), &awsglue.DeleteDatabaseInput{Name: aws.String("sales")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateDatabase(t.Context(), &awsglue.CreateDatabaseInput{DatabaseInput: &types.DatabaseInput{Name: aws.String("sales")}}); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetTable(t.Context(), name)
	wantError(t, "a table of the database before", err, "EntityNotFoundException", "Entity Not Found")
}

func TestDatabases(t *testing.T) {
	c := open(t)
	_, err := c.CreateDatabase(t.Context(), &awsglue.CreateDatabaseInput{DatabaseInput: &types.DatabaseInput{Name: aws.String("SALES")}})
	wantError(t, "create again", err, "AlreadyExistsException", "Database already exists.")
	for name, in := range map[string]*types.DatabaseInput{
		"Database cannot be renamed": {Name: aws.String("shop")},
	} {
		_, err = c.UpdateDatabase(t.Context(), &awsglue.UpdateDatabaseInput{Name: aws.String("sales"), DatabaseInput: in})
		wantError(t, "rename", err, "InvalidInputException", name)
	}
	if _, err := c.UpdateDatabase(t.Context(), &awsglue.UpdateDatabaseInput{
		Name: aws.String("Sales"), DatabaseInput: &types.DatabaseInput{Name: aws.String("Sales"), LocationUri: aws.String("s3://lake/")},
	}); err != nil {
		t.Fatal(err)
	}
	out, err := c.GetDatabases(t.Context(), &awsglue.GetDatabasesInput{})
	if err != nil || len(out.DatabaseList) != 1 {
		t.Fatalf("databases: got %+v, %v, want one", out, err)
	}
	// The update left out the description, so it is gone.
	if d := out.DatabaseList[0]; *d.Name != "sales" || *d.LocationUri != "s3://lake/" || d.Description != nil || d.CreateTime == nil {
		t.Errorf("database: got %+v", d)
	}
	one, err := c.GetDatabase(t.Context(), &awsglue.GetDatabaseInput{Name: aws.String("sales"), CatalogId: &acct.ID})
	if err != nil || *one.Database.Name != "sales" {
		t.Errorf("get: got %+v, %v", one, err)
	}
	_, err = c.GetDatabase(t.Context(), &awsglue.GetDatabaseInput{Name: aws.String("shop")})
	wantError(t, "get a missing one", err, "EntityNotFoundException", "Database shop not found.")
	_, err = c.DeleteDatabase(t.Context(), &awsglue.DeleteDatabaseInput{Name: aws.String("shop")})
	wantError(t, "delete a missing one", err, "EntityNotFoundException", "Database shop not found.")
}

func TestRefusals(t *testing.T) {
	c := open(t)
	c.create("one")
	in := func(change func(*types.TableInput)) *types.TableInput {
		input := orders("two")
		input.Name = aws.String("other")
		change(input)
		return input
	}
	for name, test := range map[string]struct {
		in         awsglue.CreateTableInput
		code, says string
	}{
		"an existing table":  {awsglue.CreateTableInput{TableInput: orders("two")}, "AlreadyExistsException", "Table already exists."},
		"a missing database": {awsglue.CreateTableInput{DatabaseName: aws.String("shop"), TableInput: orders("two")}, "EntityNotFoundException", "Database shop not found."},
		"another account": {
			awsglue.CreateTableInput{CatalogId: aws.String("999999999999"), TableInput: orders("two")}, "EntityNotFoundException", "Catalog 999999999999",
		},
		"a long name":   {awsglue.CreateTableInput{TableInput: in(func(i *types.TableInput) { i.Name = aws.String(strings.Repeat("x", 256)) })}, "InvalidInputException", "tableInput.name"},
		"a long column": {awsglue.CreateTableInput{TableInput: in(func(i *types.TableInput) { i.StorageDescriptor.Columns[0].Name = aws.String("") })}, "InvalidInputException", "column.name"},
		"a resource link": {
			awsglue.CreateTableInput{TableInput: in(func(i *types.TableInput) { i.TargetTable = &types.TableIdentifier{Name: aws.String("x")} })},
			"SerializationException", "TargetTable",
		},
		"partition indexes": {
			awsglue.CreateTableInput{TableInput: orders("two"), PartitionIndexes: []types.PartitionIndex{{IndexName: aws.String("i"), Keys: []string{"k"}}}},
			"SerializationException", "PartitionIndexes",
		},
	} {
		if test.in.DatabaseName == nil {
			test.in.DatabaseName = aws.String("sales")
		}
		_, err := c.CreateTable(t.Context(), &test.in)
		wantError(t, name, err, test.code, test.says)
	}
	for _, most := range []int32{0, 101} {
		_, err := c.GetTables(t.Context(), &awsglue.GetTablesInput{DatabaseName: aws.String("sales"), MaxResults: &most})
		wantError(t, fmt.Sprint("pages of ", most), err, "InvalidInputException", "maxResults")
	}
	_, err := c.GetPartitions(t.Context(), &awsglue.GetPartitionsInput{DatabaseName: aws.String("sales"), TableName: aws.String("orders")})
	wantError(t, "an operation that is missing", err, "UnknownOperationException", "glue:GetPartitions")
}
