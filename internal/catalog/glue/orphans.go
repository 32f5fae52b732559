package glue

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsglue "github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
)

// OrphanAPI are the calls to Glue that RemoveOrphans makes.
type OrphanAPI interface {
	awsglue.GetTablesAPIClient
	DeleteTable(context.Context, *awsglue.DeleteTableInput, ...func(*awsglue.Options)) (*awsglue.DeleteTableOutput, error)
}

// RemoveOrphans deletes from a database the tables that oralake has made and that no name in wanted has, and returns their names. Their
// files stay in the lake. Tables and views of people stay, too.
func RemoveOrphans(ctx context.Context, api OrphanAPI, database string, wanted map[string]bool) (removed []string, err error) {
	var orphans []string
	pages := awsglue.NewGetTablesPaginator(api, &awsglue.GetTablesInput{DatabaseName: &database})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the tables of database %s in the catalog: %w", database, explain(err))
		}
		for _, t := range page.TableList {
			if name := aws.ToString(t.Name); t.Parameters[tableParameter] != "" && !wanted[name] {
				orphans = append(orphans, name)
			}
		}
	}
	for _, name := range orphans {
		_, err := api.DeleteTable(ctx, &awsglue.DeleteTableInput{DatabaseName: &database, Name: &name})
		var gone *types.EntityNotFoundException
		if err != nil && !errors.As(err, &gone) {
			return removed, fmt.Errorf("delete table %s of database %s from the catalog: %w", name, database, explain(err))
		}
		removed = append(removed, name)
	}
	return removed, nil
}
