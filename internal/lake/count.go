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

// Count adds up the rows that the files of a full load have in a folder such as "full/SALES/ORDERS", as their footers say:
// no rows are read. Errors name the file that cannot be read, which may be one that is not Parquet.
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

// Object reads an S3 object at random, as a Parquet reader does.
type Object struct {
	Context     context.Context
	API         Getter
	Bucket, Key string
}

// Getter reads objects.
type Getter interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// ReadAt is io.ReaderAt: each call is one request for a range of the object.
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

// Size is the object's, in bytes, as the answer to a range says it.
func (o *Object) Size() (int64, error) {
	out, err := o.get("bytes=-8")
	if err != nil {
		return 0, err
	}
	defer out.Body.Close()
	var from, to, size int64
	if _, err := fmt.Sscanf(aws.ToString(out.ContentRange), "bytes %d-%d/%d", &from, &to, &size); err != nil {
		return 0, fmt.Errorf("its size is not known: S3 answers the range %q", aws.ToString(out.ContentRange))
	}
	return size, nil
}

func (o *Object) get(of string) (*s3.GetObjectOutput, error) {
	return o.API.GetObject(o.Context, &s3.GetObjectInput{Bucket: &o.Bucket, Key: &o.Key, Range: &of})
}
