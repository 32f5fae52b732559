package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/records"
)

// CurrentDocuments is the projection for those who read the lake without a catalog: the documents current/SCHEMA/TABLE.json. See
// lake.Current.
type CurrentDocuments struct {
	Bucket string
	Lake   interface {
		ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
		GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
		PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	}
}

// Show implements Projection. S3 replaces the document only if it is the one that was read (conditional-writes.html). So a call that
// comes late never replaces a later version. A document that is not readable is replaced.
func (d CurrentDocuments) Show(ctx context.Context, p Publication) error {
	schema, table, _ := strings.Cut(p.Table, ".")
	key := contract.CurrentKey(schema, table)
	content, err := json.MarshalIndent(d.document(p), "", "  ")
	if err != nil {
		return fmt.Errorf("write s3://%s/%s: %w", d.Bucket, key, err)
	}
	for range changeAttempts {
		put := &s3.PutObjectInput{
			Bucket: &d.Bucket, Key: &key, Body: bytes.NewReader(append(content, '\n')), ContentType: aws.String("application/json"),
		}
		shown, etag, err := d.read(ctx, key)
		switch {
		case err != nil:
			return fmt.Errorf("read s3://%s/%s: %w", d.Bucket, key, err)
		case shown >= p.Version:
			return nil
		case etag == "":
			put.IfNoneMatch = aws.String("*")
		default:
			put.IfMatch = &etag
		}
		if _, err = d.Lake.PutObject(ctx, put); err == nil {
			return nil
		} else if !changedMeanwhile(err) {
			return fmt.Errorf("write s3://%s/%s: %w", d.Bucket, key, err)
		}
	}
	return fmt.Errorf("write s3://%s/%s: %w: %w", d.Bucket, key, errBusy, records.ErrConflict)
}

// document is what readers read of a publication.
func (d CurrentDocuments) document(p Publication) lake.Current {
	c := lake.Current{
		Table: p.Table, Location: "s3://" + d.Bucket + "/" + p.Current.Location, Format: p.Current.Format, Rows: p.Current.Rows,
		Columns: []lake.Column{}, Run: p.Current.Run, PublishedAt: p.ChangedAt.UTC(), Version: p.Version,
	}
	for _, column := range p.Current.Columns {
		c.Columns = append(c.Columns, lake.Column(column))
	}
	return c
}

// read returns the version that a document shows, and the document's tag. The tag is empty if there is no document. S3 answers a request
// for a missing object with AccessDenied if the caller may list only some prefixes (API_GetObject), so the document is listed first.
func (d CurrentDocuments) read(ctx context.Context, key string) (version int, etag string, err error) {
	listed, err := d.Lake.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &d.Bucket, Prefix: &key})
	if err != nil {
		return 0, "", err
	}
	if !slices.ContainsFunc(listed.Contents, func(o types.Object) bool { return aws.ToString(o.Key) == key }) {
		return 0, "", nil
	}
	object, err := d.Lake.GetObject(ctx, &s3.GetObjectInput{Bucket: &d.Bucket, Key: &key})
	var missing *types.NoSuchKey
	if errors.As(err, &missing) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", err
	}
	defer object.Body.Close()
	content, err := io.ReadAll(object.Body)
	if err != nil {
		return 0, "", err
	}
	var c lake.Current
	if json.Unmarshal(content, &c) != nil {
		c.Version = 0 // A person has edited the document.
	}
	return c.Version, aws.ToString(object.ETag), nil
}

// changedMeanwhile says that S3 has refused a conditional write: another call has written the object.
func changedMeanwhile(err error) bool {
	var refused *awshttp.ResponseError
	return errors.As(err, &refused) &&
		(refused.HTTPStatusCode() == http.StatusPreconditionFailed || refused.HTTPStatusCode() == http.StatusConflict ||
			refused.HTTPStatusCode() == http.StatusNotFound) // Somebody has deleted the object that If-Match names.
}
