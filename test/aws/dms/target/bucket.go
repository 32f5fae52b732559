package target

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Bucket is the S3 bucket of a target endpoint.
type Bucket struct {
	s3       *s3.Client
	settings Settings
}

// NewBucket returns the bucket of settings. config has the credentials of the role that writes.
func NewBucket(config aws.Config, settings Settings) *Bucket {
	client := s3.NewFromConfig(config, func(o *s3.Options) {
		o.UsePathStyle = true
		// No checksums: the requests do not leave this machine, and hashing gigabytes takes time.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
	})
	return &Bucket{s3: client, settings: settings}
}

// Check lists the bucket to see that DMS can reach it. It writes nothing.
func (b *Bucket) Check(ctx context.Context) error {
	_, err := b.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: &b.settings.BucketName, MaxKeys: aws.Int32(1), ExpectedBucketOwner: optional(b.settings.ExpectedBucketOwner),
	})
	if err != nil {
		return fmt.Errorf("reach bucket %s: %w", b.settings.BucketName, err)
	}
	return nil
}

// Clear deletes all objects below a table's folder.
func (b *Bucket) Clear(ctx context.Context, schema, table string) error {
	folder := b.folder(schema, table)
	pages := s3.NewListObjectsV2Paginator(b.s3, &s3.ListObjectsV2Input{
		Bucket: &b.settings.BucketName, Prefix: &folder, ExpectedBucketOwner: optional(b.settings.ExpectedBucketOwner),
	})
	var keys []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list s3://%s/%s: %w", b.settings.BucketName, folder, err)
		}
		for _, o := range page.Contents {
			keys = append(keys, *o.Key)
		}
	}
	for some := range slices.Chunk(keys, 1000) {
		if err := b.delete(ctx, some); err != nil {
			return fmt.Errorf("clear s3://%s/%s: %w", b.settings.BucketName, folder, err)
		}
	}
	return nil
}

func (b *Bucket) delete(ctx context.Context, keys []string) error {
	objects := make([]types.ObjectIdentifier, len(keys))
	for i := range keys {
		objects[i].Key = &keys[i]
	}
	out, err := b.s3.DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket: &b.settings.BucketName, Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)},
		ExpectedBucketOwner: optional(b.settings.ExpectedBucketOwner),
	})
	if err != nil {
		return err
	}
	for _, e := range out.Errors {
		return errors.New(aws.ToString(e.Key) + ": " + aws.ToString(e.Code) + ": " + aws.ToString(e.Message))
	}
	return nil
}

// folder is the key prefix of a table's files. It ends with a slash.
func (b *Bucket) folder(schema, table string) string {
	folder := schema + "/" + table + "/"
	if b.settings.BucketFolder != "" {
		folder = b.settings.BucketFolder + "/" + folder
	}
	return folder
}

// Location is the bucket and the folder of a table: BUCKET/FOLDER/SCHEMA/TABLE/.
func (b *Bucket) Location(schema, table string) string {
	return b.settings.BucketName + "/" + b.folder(schema, table)
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
