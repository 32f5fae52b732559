package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdms"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// fullSettings are the settings of the endpoint for full loads (CHAP_Target.S3, "Endpoint settings").
func fullSettings(l department.Lake, store retainedData) *awsdms.CfnEndpoint_S3SettingsProperty {
	s := lakeSettings(l, store)
	s.BucketFolder = new(contract.FullFolder)
	return s
}

// cdcSettings are the settings of the endpoint for changes, and for the full loads that changes follow.
func cdcSettings(l department.Lake, store retainedData) *awsdms.CfnEndpoint_S3SettingsProperty {
	s := lakeSettings(l, store)
	s.BucketFolder = new(contract.CDCFolder)
	// Rows of the load carry an I, so that load and changes have the same columns.
	s.IncludeOpForFullLoad = true
	s.DatePartitionEnabled = true
	s.DatePartitionSequence = new("YYYYMMDD")
	s.DatePartitionDelimiter = new("SLASH")
	// Large batches: many small files are what readers of a lake suffer from most.
	s.CdcMaxBatchInterval = new(float64(l.CDCMaxBatchSeconds))
	s.CdcMinFileSize = new(float64(l.CDCMinFileMB) * kilobytes)
	// Inserts and updates alone would lose every delete.
	s.CdcInsertsAndUpdates = false
	return s
}

// kilobytes is how many of them a megabyte has: DMS takes file sizes in KB.
const kilobytes = 1024

// lakeSettings are common to both endpoints.
func lakeSettings(l department.Lake, store retainedData) *awsdms.CfnEndpoint_S3SettingsProperty {
	s := &awsdms.CfnEndpoint_S3SettingsProperty{
		BucketName: store.Bucket.Ref(),
		// Refuses to write should the bucket ever belong to somebody else.
		ExpectedBucketOwner: awscdk.Aws_ACCOUNT_ID(),
		// The mode cannot be changed later from SSE_S3 to SSE_KMS.
		EncryptionMode:               new("SSE_KMS"),
		ServerSideEncryptionKmsKeyId: store.Key.AttrArn(),
		DataFormat:                   &l.Format,
		MaxFileSize:                  new(float64(l.MaxFileMB) * kilobytes),
		// With the task's start in the rows of a full load, they sort before the changes that follow.
		TimestampColumnName:                  &l.TimestampColumn,
		UseTaskStartTimeForFullLoadTimestamp: true,
	}
	if l.Format == "csv" {
		// The column names in the first line, and quotes by the standard.
		s.AddColumnName = true
		s.Rfc4180 = true
		return s
	}
	s.ParquetVersion = new("parquet-2-0")
	// Athena and Glue misread the microseconds that DMS would write.
	s.ParquetTimestampInMillisecond = true
	s.EncodingType = new("rle-dictionary")
	s.EnableStatistics = true
	return s
}
