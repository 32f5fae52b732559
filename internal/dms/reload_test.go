package dms

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"

	"github.com/oralake/oralake/internal/manifest"
)

// reloadCalls are the tables of each call of ReloadTables.
type reloadCalls [][]string

func (r *reloadCalls) ReloadTables(_ context.Context, in *awsdms.ReloadTablesInput, _ ...func(*awsdms.Options)) (*awsdms.ReloadTablesOutput, error) {
	var call []string
	for _, t := range in.TablesToReload {
		call = append(call, aws.ToString(t.SchemaName)+"."+aws.ToString(t.TableName))
	}
	*r = append(*r, call)
	return &awsdms.ReloadTablesOutput{}, nil
}

func TestReloadTakesTenTablesACall(t *testing.T) {
	var tables []manifest.Table
	for i := range 23 {
		tables = append(tables, manifest.Table{Schema: "S", Name: "T" + string(rune('A'+i))})
	}
	var calls reloadCalls
	if err := Reload(t.Context(), &calls, runningTask(), tables); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, call := range calls {
		sizes = append(sizes, len(call))
	}
	if !slices.Equal(sizes, []int{10, 10, 3}) || calls[2][2] != "S.TW" {
		t.Errorf("calls of %v tables, the last of %v; want 10, 10 and 3, ending with S.TW", sizes, calls[2])
	}
}
