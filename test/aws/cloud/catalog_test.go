package cloud_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	awstypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"github.com/oralake/oralake/test/aws/cloud"
	"github.com/oralake/oralake/test/aws/gateway"
)

const cataloged = `{
  "Resources": {"Catalog": {"Type": "AWS::Glue::Database", "Properties": {
    "CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": {"Name": "oralake_sales"}}}},
  "Outputs": {"Database": {"Value": {"Ref": "Catalog"}}}}`

// A stack owns a database of the catalog. The tables that programs made in it are deleted with it. Calls of the catalog are slow,
// refused and lost like those of every other service.
func TestAStackOwnsADatabaseOfTheCatalog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := map[string]int{}
		h := openAccount(t, nil, "", func(o *cloud.Options) {
			o.Disturb = func(c gateway.Call) gateway.Disturbance {
				if c.Service != "glue" {
					return gateway.Disturbance{}
				}
				tries[c.Operation]++
				switch first := tries[c.Operation] == 1; {
				case c.Operation == "CreateTable" && first:
					return gateway.Disturbance{Before: time.Minute, Lost: true} // it takes effect, and nobody learns of it
				case c.Operation == "GetTable" && first:
					return gateway.Disturbance{Refuse: gateway.Throttled()}
				}
				return gateway.Disturbance{}
			}
		})
		in := &cloudformation.CreateStackInput{StackName: aws.String("lake"), TemplateBody: aws.String(cataloged)}
		if _, err := h.stacks.CreateStack(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		st := h.settle("lake")
		if st.StackStatus != awstypes.StackStatusCreateComplete || len(st.Outputs) != 1 || *st.Outputs[0].OutputValue != "oralake_sales" {
			t.Fatalf("stack: %s with outputs %+v, want the name of the database", st.StackStatus, st.Outputs)
		}
		catalog := glue.NewFromConfig(h.Admin())
		began := time.Now()
		_, err := catalog.CreateTable(t.Context(), &glue.CreateTableInput{
			DatabaseName: st.Outputs[0].OutputValue, TableInput: &types.TableInput{Name: aws.String("orders")},
		})
		var exists *types.AlreadyExistsException
		if !errors.As(err, &exists) || time.Since(began) < time.Minute {
			t.Errorf("after a lost answer the SDK tried again in %s and got %v; want that the table exists", time.Since(began), err)
		}
		name := &glue.GetTableInput{DatabaseName: aws.String("oralake_sales"), Name: aws.String("orders")}
		if _, err := catalog.GetTable(t.Context(), name); err != nil || tries["GetTable"] != 2 {
			t.Errorf("get: %v after %d tries, want success after 2", err, tries["GetTable"])
		}
		if _, err := h.stacks.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: in.StackName}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		_, err = catalog.GetTable(t.Context(), name)
		var none *types.EntityNotFoundException
		if !errors.As(err, &none) {
			t.Errorf("get after the stack is gone: %v, want that it does not exist", err)
		}
	})
}
