// Package glue shows published tables in the Data Catalog of AWS Glue, where Athena, Spark and Redshift find them.
package glue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsglue "github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"github.com/oralake/oralake/internal/catalog"
	"github.com/oralake/oralake/internal/department"
)

// API are the calls to Glue that a Database makes.
type API interface {
	GetTable(context.Context, *awsglue.GetTableInput, ...func(*awsglue.Options)) (*awsglue.GetTableOutput, error)
	CreateTable(context.Context, *awsglue.CreateTableInput, ...func(*awsglue.Options)) (*awsglue.CreateTableOutput, error)
	UpdateTable(context.Context, *awsglue.UpdateTableInput, ...func(*awsglue.Options)) (*awsglue.UpdateTableOutput, error)
}

// Database is the database of a department in the Data Catalog. It is a catalog.Projection.
type Database struct {
	API    API
	Name   string
	Bucket string // of the lake
}

// writeAttempts is how often a write is tried while others change the table.
const writeAttempts = 5

// Show makes the table in the database the one that p publishes, whatever is there: no table, the one of an older publication, or what
// somebody has changed. It changes nothing if the table is of a later publication. One call replaces the whole definition, and only if
// nobody has changed it since it was read, so a reader sees the old table or the new one.
//
// A table that never had a row is not in the catalog: no file says its columns.
func (d Database) Show(ctx context.Context, p catalog.Publication) error {
	_, table, _ := strings.Cut(p.Table, ".")
	name := department.CatalogName(table)
	for range writeAttempts {
		if err := d.write(ctx, name, p); !errors.Is(err, errChanged) {
			if err != nil {
				err = fmt.Errorf("write table %s of database %s into the catalog: %w", name, d.Name, err)
			}
			return err
		}
	}
	return fmt.Errorf("write table %s of database %s into the catalog: others keep changing it; find out in CloudTrail who calls UpdateTable",
		name, d.Name)
}

// errChanged says that others have created, changed or deleted the table since it was read. A call that the SDK has repeated, because
// the answer was lost, ends so, too.
var errChanged = errors.New("the table has changed")

func (d Database) write(ctx context.Context, name string, p catalog.Publication) error {
	existing, err := d.find(ctx, name)
	if err != nil {
		return err
	}
	if existing == nil && len(p.Current.Columns) == 0 {
		return nil
	}
	if existing != nil {
		switch version := versionOf(existing); {
		case version > p.Version:
			return nil
		case !d.owns(existing):
			return errors.New("there is a table or view of this name that oralake has not made: delete it, or give it another name")
		}
	}
	if p.Current.Format != parquetFormat {
		return fmt.Errorf("the published snapshot is %s, and the catalog has only tables of Parquet files: load the table again", p.Current.Format)
	}
	if err := Check(p.Current.Columns); err != nil {
		return err
	}
	switch wanted := d.definition(name, p, existing); {
	case existing == nil:
		return d.create(ctx, wanted)
	case isEqual(existing, wanted):
		return nil
	default:
		return d.replace(ctx, existing, wanted)
	}
}

// find returns a table of the database; nil if there is none.
func (d Database) find(ctx context.Context, name string) (*types.Table, error) {
	out, err := d.API.GetTable(ctx, &awsglue.GetTableInput{DatabaseName: &d.Name, Name: &name})
	var missing *types.EntityNotFoundException
	if errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, explain(err)
	}
	return out.Table, nil
}

func (d Database) create(ctx context.Context, wanted *types.TableInput) error {
	_, err := d.API.CreateTable(ctx, &awsglue.CreateTableInput{DatabaseName: &d.Name, TableInput: wanted})
	var exists *types.AlreadyExistsException
	if errors.As(err, &exists) {
		return errChanged
	}
	return explain(err)
}

func (d Database) replace(ctx context.Context, existing *types.Table, wanted *types.TableInput) error {
	_, err := d.API.UpdateTable(ctx, &awsglue.UpdateTableInput{
		DatabaseName: &d.Name, TableInput: wanted, VersionId: existing.VersionId,
		// The lake keeps earlier snapshots. Glue would keep up to 100,000 earlier definitions, which name deleted folders.
		SkipArchive: aws.Bool(true),
	})
	var changed *types.ConcurrentModificationException
	var deleted *types.EntityNotFoundException
	if errors.As(err, &changed) || errors.As(err, &deleted) {
		return errChanged
	}
	return explain(err)
}

// versionOf returns the version of the publication that a table shows; 0 if it does not say.
func versionOf(t *types.Table) int {
	version, _ := strconv.Atoi(t.Parameters[versionParameter])
	return version
}
