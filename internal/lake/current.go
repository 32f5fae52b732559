package lake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/oralake/oralake/internal/contract"
)

// Current says which snapshot of a table readers read. It is the document current/SCHEMA/TABLE.json of the lake, for those who read
// without a catalog. A run replaces the document as a whole. The files at its location never change. They stay for lake.readersMinutes
// after another snapshot has taken their place, and longer if they belong to one of the lake.keepSnapshots.
type Current struct {
	Table string `json:"table"` // SCHEMA.TABLE in the lake
	// Location is the folder of the snapshot's files, s3://BUCKET/full/SCHEMA__RUN/TABLE/. A snapshot of an empty table has no files.
	Location    string    `json:"location"`
	Format      string    `json:"format"` // parquet or csv
	Rows        int64     `json:"rows"`
	Columns     []Column  `json:"columns"` // none for CSV, and none if the table never had a row
	Run         string    `json:"run"`     // the RUN of Location
	PublishedAt time.Time `json:"publishedAt"`
	Version     int       `json:"version"` // counts the publications and rollbacks of the table
}

// ErrNotPublished says that no snapshot of a table is published.
var ErrNotPublished = errors.New("no snapshot of the table is published: run its full-load job")

// Current finds out which snapshot of a table readers read. schema and table are the names in the lake. It returns ErrNotPublished if
// there is none.
func (r Reader) Current(ctx context.Context, schema, table string) (Current, error) {
	key := contract.CurrentKey(schema, table)
	object, err := r.Objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &r.Bucket, Key: &key})
	var missing *types.NoSuchKey
	if errors.As(err, &missing) {
		return Current{}, fmt.Errorf("read s3://%s/%s: %w", r.Bucket, key, ErrNotPublished)
	}
	var c Current
	if err == nil {
		var content []byte
		content, err = io.ReadAll(object.Body)
		if err = errors.Join(err, object.Body.Close()); err == nil {
			err = json.Unmarshal(content, &c)
		}
	}
	if err != nil {
		return Current{}, fmt.Errorf("read s3://%s/%s: %w", r.Bucket, key, err)
	}
	return c, nil
}

// ReadCurrent reads the rows of the snapshot that Current has returned. keys are as for Read.
func (r Reader) ReadCurrent(ctx context.Context, c Current, keys ...string) (*Table, error) {
	folder, err := r.folder(c.Location)
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", c.Table, err)
	}
	t, err := r.Read(ctx, folder, keys...)
	if err != nil {
		return nil, err
	}
	if len(t.Columns) == 0 { // The table is empty, so it has no files.
		for _, column := range c.Columns {
			if column.Name != r.Timestamp {
				t.Columns = append(t.Columns, column.Name)
			}
		}
	}
	return t, nil
}

// folder returns the folder of a location in the reader's bucket.
func (r Reader) folder(location string) (string, error) {
	folder, here := strings.CutPrefix(location, "s3://"+r.Bucket+"/")
	if !here {
		return "", fmt.Errorf("its location %s is not in bucket %s", location, r.Bucket)
	}
	return folder, nil
}
