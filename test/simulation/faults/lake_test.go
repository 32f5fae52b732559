package faults_test

import (
	"bytes"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/parquet-go/parquet-go"
)

// parquetRows returns the number of rows of a Parquet file in S3.
func (w *world) parquetRows(bucket, key string) (int64, error) {
	out, err := w.Objects.GetObject(w.t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return 0, err
	}
	defer out.Body.Close()
	content, err := io.ReadAll(out.Body)
	if err != nil {
		return 0, err
	}
	file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return 0, err
	}
	return file.NumRows(), nil
}
