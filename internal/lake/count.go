package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/parquet-go/parquet-go"
)

// Count returns the number of rows in the files of a full load in a folder such as "full/SALES/ORDERS". It reads only the
// footers of the Parquet files. The error names the file that cannot be read or is not Parquet.
func (r Reader) Count(ctx context.Context, folder string) (rows int64, err error) {
	names, err := r.list(ctx, folder)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		if !loadName.MatchString(path.Base(name)) {
			continue
		}
		n, err := r.countFile(ctx, name)
		if err != nil {
			return 0, fmt.Errorf("read s3://%s/%s: %w", r.Bucket, name, err)
		}
		rows += n
	}
	return rows, nil
}

func (r Reader) countFile(ctx context.Context, name string) (rows int64, err error) {
	object := &Object{Context: ctx, API: r.Objects, Bucket: r.Bucket, Key: name}
	size, err := object.Size()
	if err != nil {
		return 0, err
	}
	file, err := parquet.OpenFile(object, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return 0, err
	}
	return file.NumRows(), nil
}

// Object reads ranges of an S3 object (io.ReaderAt), for a Parquet reader.
type Object struct {
	Context     context.Context
	API         Getter
	Bucket, Key string
}

// Getter is the call to S3 that an Object needs.
type Getter interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// ReadAt implements io.ReaderAt. Each call is one request to S3 for a range of the object.
func (o *Object) ReadAt(p []byte, offset int64) (int, error) {
	out, err := o.get(fmt.Sprintf("bytes=%d-%d", offset, offset+int64(len(p))-1))
	if err != nil {
		return 0, err
	}
	defer out.Body.Close()
	n, err := io.ReadFull(out.Body, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// Size returns the object's size in bytes. It reads the size from the answer to a request for a range.
func (o *Object) Size() (int64, error) {
	out, err := o.get("bytes=-8")
	if err != nil {
		return 0, err
	}
	defer out.Body.Close()
	var from, to, size int64
	if _, err := fmt.Sscanf(aws.ToString(out.ContentRange), "bytes %d-%d/%d", &from, &to, &size); err != nil {
		return 0, fmt.Errorf("read its size: S3 answers with the range %q", aws.ToString(out.ContentRange))
	}
	return size, nil
}

func (o *Object) get(of string) (*s3.GetObjectOutput, error) {
	return o.API.GetObject(o.Context, &s3.GetObjectInput{Bucket: &o.Bucket, Key: &o.Key, Range: &of})
}
