package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/records"
)

// Documents reads and writes what is too long for a run's own document.
type Documents interface {
	Objects
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// runFolder is the folder of the lake that has a folder for each run that asked the database.
const runFolder = "runs"

// runObjectKey is where a document of a run lies: runs/JOB/START-EXECUTION/NAME in the lake.
func (e Environment) runObjectKey(run *Document, name string) (checkservice.Address, error) {
	if e.LakeBucket == "" {
		return checkservice.Address{}, errors.New("environment variable ORALAKE_LAKE_BUCKET is not set: deploy the stack again")
	}
	folder := strings.NewReplacer("#", "-", ":", "-").
		Replace(strings.TrimPrefix(records.RunKey(run.StartedAt, run.Execution), "RUN#"))
	return checkservice.Address{
		Bucket: e.LakeBucket, Key: strings.Join([]string{runFolder, run.Request.Job, folder, name}, "/"),
	}, nil
}

// write writes a document for functions and people.
func write(ctx context.Context, api Documents, to checkservice.Address, document any) error {
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

// read reads a document.
func read(ctx context.Context, api Objects, from checkservice.Address, document any) error {
	content, err := fetch(ctx, api, from.Bucket, from.Key)
	if err == nil {
		err = json.Unmarshal(content, document)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", from, err)
	}
	return nil
}

// fetch reads an object.
func fetch(ctx context.Context, api Objects, bucket, key string) ([]byte, error) {
	out, err := api.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	return io.ReadAll(out.Body)
}
