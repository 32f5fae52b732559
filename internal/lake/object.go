package lake

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

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

func (o *Object) get(of string) (*s3.GetObjectOutput, error) {
	return o.API.GetObject(o.Context, &s3.GetObjectInput{Bucket: &o.Bucket, Key: &o.Key, Range: &of})
}
