package glue

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"github.com/oralake/oralake/internal/catalog"
	"github.com/oralake/oralake/internal/department"
)

// Parameters of a table by which oralake knows its own: its name in the lake, and the version of its publication.
const (
	tableParameter   = "oralake:table"
	versionParameter = "oralake:version"
)

// How Athena reads a table of Parquet files: by the names of its columns.
const (
	parquetFormat = "parquet"
	externalTable = "EXTERNAL_TABLE"
	inputFormat   = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
	outputFormat  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
	serde         = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
)

// definition returns the table for a call that creates it, or replaces existing. What people write about a table stays: its description
// and owner, the comments of its columns, and parameters that oralake does not write.
func (d Database) definition(name string, p catalog.Publication, existing *types.Table) *types.TableInput {
	in := &types.TableInput{
		Name: &name, TableType: aws.String(externalTable),
		PartitionKeys: []types.Column{}, // Athena needs the list, also if it is empty.
		Parameters:    map[string]string{},
		StorageDescriptor: &types.StorageDescriptor{
			Location:    aws.String("s3://" + d.Bucket + "/" + p.Current.Location),
			InputFormat: aws.String(inputFormat), OutputFormat: aws.String(outputFormat),
			SerdeInfo: &types.SerDeInfo{
				SerializationLibrary: aws.String(serde), Parameters: map[string]string{"serialization.format": "1"},
			},
		},
	}
	for _, c := range p.Current.Columns {
		in.StorageDescriptor.Columns = append(in.StorageDescriptor.Columns, types.Column{
			Name: aws.String(department.CatalogName(c.Name)), Type: aws.String(c.Type),
		})
	}
	if existing != nil {
		in.Description, in.Owner, in.Retention = existing.Description, existing.Owner, existing.Retention
		maps.Copy(in.Parameters, existing.Parameters)
		keepComments(in.StorageDescriptor.Columns, existing.StorageDescriptor)
	}
	maps.Copy(in.Parameters, map[string]string{
		"classification": parquetFormat, tableParameter: p.Table, versionParameter: strconv.Itoa(p.Version),
	})
	return in
}

// keepComments copies what people wrote about the columns that existing has.
func keepComments(columns []types.Column, existing *types.StorageDescriptor) {
	if existing == nil {
		return
	}
	for i := range columns {
		for _, old := range existing.Columns {
			if aws.ToString(old.Name) == *columns[i].Name {
				columns[i].Comment, columns[i].Parameters = old.Comment, old.Parameters
			}
		}
	}
}

// owns says that oralake may replace a table: oralake has made it, or it is of this lake, so somebody has changed what oralake had made. A
// view that a person made is neither.
func (d Database) owns(existing *types.Table) bool {
	return existing.Parameters[tableParameter] != "" || existing.StorageDescriptor != nil &&
		strings.HasPrefix(aws.ToString(existing.StorageDescriptor.Location), "s3://"+d.Bucket+"/")
}

// isEqual says that engines read existing as they read wanted. Glue may return an empty list or text where none was given.
func isEqual(existing *types.Table, wanted *types.TableInput) bool {
	is, want := existing.StorageDescriptor, wanted.StorageDescriptor
	return is != nil && is.SerdeInfo != nil && existing.PartitionKeys != nil && len(existing.PartitionKeys) == 0 &&
		maps.Equal(existing.Parameters, wanted.Parameters) &&
		equalTexts(existing.TableType, wanted.TableType) &&
		equalTexts(is.Location, want.Location) &&
		equalTexts(is.InputFormat, want.InputFormat) &&
		equalTexts(is.OutputFormat, want.OutputFormat) &&
		equalTexts(is.SerdeInfo.SerializationLibrary, want.SerdeInfo.SerializationLibrary) &&
		maps.Equal(is.SerdeInfo.Parameters, want.SerdeInfo.Parameters) &&
		len(is.Parameters) == 0 && len(is.BucketColumns) == 0 && len(is.SortColumns) == 0 && is.NumberOfBuckets <= 0 &&
		slices.EqualFunc(is.Columns, want.Columns, func(a, b types.Column) bool {
			return equalTexts(a.Name, b.Name) && equalTexts(a.Type, b.Type)
		})
}

func equalTexts(a, b *string) bool { return aws.ToString(a) == aws.ToString(b) }
