// Package documents reads and writes JSON documents in S3. They are documents that are too long for a run document, or that
// people read.
package documents

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/contract"
)

// Reader reads S3 objects.
type Reader interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Store reads and writes S3 objects.
type Store interface {
	Reader
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// Read reads a JSON document into the value that document points to. A missing document is an error.
func Read(ctx context.Context, api Reader, from contract.Address, document any) error {
	content, err := Fetch(ctx, api, from)
	if err == nil {
		err = json.Unmarshal(content, document)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", from, err)
	}
	return nil
}

// Fetch reads the bytes of a document. Its error does not name the document.
func Fetch(ctx context.Context, api Reader, from contract.Address) ([]byte, error) {
	out, err := api.GetObject(ctx, &s3.GetObjectInput{Bucket: &from.Bucket, Key: &from.Key})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	return io.ReadAll(out.Body)
}

// Write writes a document as indented JSON and replaces what the address had.
func Write(ctx context.Context, api Store, to contract.Address, document any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("write %s: %w", to, err)
	}
	_, err := api.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &to.Bucket, Key: &to.Key, Body: bytes.NewReader(b.Bytes()), ContentType: aws.String("application/json"),
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", to, err)
	}
	return nil
}
