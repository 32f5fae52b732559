package glue_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsglue "github.com/aws/aws-sdk-go-v2/service/glue"

	"github.com/oralake/oralake/test/aws/resource"
)

func (c catalog) description(name string) string {
	c.t.Helper()
	out, err := c.GetDatabase(c.t.Context(), &awsglue.GetDatabaseInput{Name: &name})
	if err != nil {
		c.t.Fatal(err)
	}
	return aws.ToString(out.Database.Description)
}

func request(physicalID, properties string) resource.Request {
	return resource.Request{StackName: "oralake-sales", LogicalID: "Database", PhysicalID: physicalID, Properties: json.RawMessage(properties)}
}

func TestAStackOwnsADatabase(t *testing.T) {
	c := open(t)
	database := c.service.Resources()["AWS::Glue::Database"]
	made, err := database.Create(t.Context(), request("", `{"CatalogId": "123456789012", "DatabaseInput": {"Name": "Oralake_Shop", "Description": "one"}}`))
	if err != nil || made.PhysicalID != "oralake_shop" {
		t.Fatalf("create: got %+v, %v, want the physical id oralake_shop", made, err)
	}
	if got := c.description("oralake_shop"); got != "one" {
		t.Errorf("description: got %q, want one", got)
	}
	if _, err := database.Update(t.Context(), request("oralake_shop", `{"CatalogId": "123456789012", "DatabaseInput": {"Name": "oralake_shop", "Description": "two"}}`)); err != nil {
		t.Fatal(err)
	}
	if got := c.description("oralake_shop"); got != "two" {
		t.Errorf("description after an update: got %q, want two", got)
	}
	if _, err := c.CreateTable(t.Context(), &awsglue.CreateTableInput{DatabaseName: aws.String("oralake_shop"), TableInput: orders("one")}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a deletion that is repeated finds nothing
		if err := database.Delete(t.Context(), request("oralake_shop", `{}`)); err != nil {
			t.Fatal(err)
		}
	}
	_, err = c.GetTable(t.Context(), &awsglue.GetTableInput{DatabaseName: aws.String("oralake_shop"), Name: aws.String("orders")})
	wantError(t, "a table of a deleted database", err, "EntityNotFoundException", "Database oralake_shop not found.")
}

func TestRefusedDatabases(t *testing.T) {
	c := open(t)
	database := c.service.Resources()["AWS::Glue::Database"]
	unnamed, err := database.Create(t.Context(), request("", `{"CatalogId": "123456789012", "DatabaseInput": {}}`))
	if err != nil || !strings.HasPrefix(unnamed.PhysicalID, "oralake-sales-database-") {
		t.Errorf("without a name: got %+v, %v, want a name that CloudFormation chose", unnamed, err)
	}
	for properties, says := range map[string]string{
		`{"DatabaseInput": {"Name": "x"}}`:                                                                      "CatalogId",
		`{"CatalogId": "1", "DatabaseInput": {"Name": "x"}}`:                                                    "Catalog 1 not found",
		`{"CatalogId": "123456789012", "DatabaseInput": {"Name": "sales"}}`:                                     "already exists",
		`{"CatalogId": "123456789012", "DatabaseName": "x", "DatabaseInput": {"Name": "x"}}`:                    "DatabaseName",
		`{"CatalogId": "123456789012", "DatabaseInput": {"Name": "x", "TargetDatabase": {"CatalogId": "1"}}}`:   "TargetDatabase",
		`{"CatalogId": "123456789012", "DatabaseInput": {"Name": "x", "CreateTableDefaultPermissions": [{}] }}`: "CreateTableDefaultPermissions",
	} {
		if _, err := database.Create(t.Context(), request("", properties)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("create %s: got %v, want an error that contains %s", properties, err, says)
		}
	}
	for properties, says := range map[string]string{
		`{"CatalogId": "123456789012", "DatabaseInput": {"Name": "shop"}}`: "cannot be renamed",
		`{"CatalogId": "123456789012", "DatabaseInput": {}}`:               "cannot be equal to null or empty",
	} {
		if _, err := database.Update(t.Context(), request("sales", properties)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("update to %s: got %v, want an error that contains %s", properties, err, says)
		}
	}
}
