package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/parquet-go/parquet-go"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/lake"
)

// published returns the folder of the snapshot of a table that readers see; empty if there is none.
func (s *show) published(ctx context.Context, table department.Table) (folder string, err error) {
	bucket := s.outputs["LakeBucket"]
	schema, name := table.Target()
	current, err := lake.Reader{Objects: s.objects, Bucket: bucket}.Current(ctx, schema, name)
	if errors.Is(err, lake.ErrNotPublished) {
		return "", nil
	}
	return strings.TrimPrefix(current.Location, "s3://"+bucket+"/"), err
}

// countRows reads every page of every Parquet file below a prefix and returns the number of rows. It fails when the columns
// of a file have different numbers of rows.
func countRows(ctx context.Context, api *s3.Client, bucket, prefix string) (int64, error) {
	var rows int64
	pages := s3.NewListObjectsV2Paginator(api, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, fmt.Errorf("list s3://%s/%s: %w", bucket, prefix, err)
		}
		for _, object := range page.Contents {
			key := aws.ToString(object.Key)
			if !strings.HasSuffix(key, ".parquet") {
				continue
			}
			n, err := countFile(ctx, api, bucket, key, aws.ToInt64(object.Size))
			if err != nil {
				return 0, fmt.Errorf("read s3://%s/%s: %w", bucket, key, err)
			}
			rows += n
		}
	}
	return rows, nil
}

func countFile(ctx context.Context, api *s3.Client, bucket, key string, size int64) (int64, error) {
	file, err := parquet.OpenFile(&lake.Object{Context: ctx, API: api, Bucket: bucket, Key: key}, size)
	if err != nil {
		return 0, err
	}
	var rows int64
	for _, group := range file.RowGroups() {
		var inGroup int64 = -1
		for i, column := range group.ColumnChunks() {
			n, err := countColumn(column)
			if err != nil {
				return 0, err
			}
			if i > 0 && n != inGroup {
				return 0, fmt.Errorf("column %d has %d rows, the one before %d", i, n, inGroup)
			}
			inGroup = n
		}
		rows += max(inGroup, 0)
	}
	return rows, nil
}

func countColumn(column parquet.ColumnChunk) (rows int64, err error) {
	pages := column.Pages()
	defer pages.Close()
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return 0, err
		}
		rows += page.NumRows()
		parquet.Release(page)
	}
}
