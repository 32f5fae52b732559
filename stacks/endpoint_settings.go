package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdms"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// fullSettings returns the settings of the endpoint for full-load jobs (CHAP_Target.S3, "Endpoint settings").
func fullSettings(l department.Lake, store retainedData) *awsdms.CfnEndpoint_S3SettingsProperty {
	s := lakeSettings(l, store)
	s.BucketFolder = new(contract.FullFolder)
	return s
}

// cdcSettings returns the settings of both endpoints for jobs that follow changes: of their changes and of their full loads.
func cdcSettings(l department.Lake, store retainedData) *awsdms.CfnEndpoint_S3SettingsProperty {
	s := lakeSettings(l, store)
	s.BucketFolder = new(contract.CDCFolder)
	// Rows of the load have the column Op too, with the value I. So a load and its changes have the same columns.
	s.IncludeOpForFullLoad = true
	s.DatePartitionEnabled = true
	s.DatePartitionSequence = new("YYYYMMDD")
	s.DatePartitionDelimiter = new("SLASH")
	// Batches are large, because many small files make queries slow.
	s.CdcMaxBatchInterval = new(float64(l.CDCMaxBatchSeconds))
	s.CdcMinFileSize = new(float64(l.CDCMinFileMB) * kilobytes)
	// With only inserts and updates, all deletes would be lost.
	s.CdcInsertsAndUpdates = false
	return s
}

// kilobytes is the number of kilobytes in a megabyte. File sizes of DMS are in kilobytes.
const kilobytes = 1024

// lakeSettings returns the settings that all endpoints of the lake have.
func lakeSettings(l department.Lake, store retainedData) *awsdms.CfnEndpoint_S3SettingsProperty {
	s := &awsdms.CfnEndpoint_S3SettingsProperty{
		BucketName: store.Bucket.Ref(),
		// DMS refuses to write if the bucket belongs to another account.
		ExpectedBucketOwner: awscdk.Aws_ACCOUNT_ID(),
		// The mode cannot be changed later from SSE_S3 to SSE_KMS.
		EncryptionMode:               new("SSE_KMS"),
		ServerSideEncryptionKmsKeyId: store.Key.AttrArn(),
		DataFormat:                   &l.Format,
		MaxFileSize:                  new(float64(l.MaxFileMB) * kilobytes),
		// Rows of a full load have the time of the task's start, so they sort before the changes.
		TimestampColumnName:                  &l.TimestampColumn,
		UseTaskStartTimeForFullLoadTimestamp: true,
	}
	if l.Format == "csv" {
		// The first line has the names of the columns, and values are quoted as in RFC 4180.
		s.AddColumnName = true
		s.Rfc4180 = true
		return s
	}
	s.ParquetVersion = new("parquet-2-0")
	// DMS's default is microseconds, which Athena and Glue read incorrectly.
	s.ParquetTimestampInMillisecond = true
	s.EncodingType = new("rle-dictionary")
	s.EnableStatistics = true
	return s
}
