package cloud

import (
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/test/aws/ssm"
)

// objectReader reads whole objects, such as templates and code, from the account's S3.
type objectReader struct{ api *s3.Client }

func (c *Cloud) objects() objectReader { return objectReader{s3.NewFromConfig(c.Admin())} }

func (o objectReader) Object(ctx context.Context, bucket, key string) ([]byte, error) {
	out, err := o.api.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, fmt.Errorf("read s3://%s/%s: %w", bucket, key, err)
	}
	defer out.Body.Close()
	content, err := io.ReadAll(out.Body)
	if err != nil {
		return nil, fmt.Errorf("read s3://%s/%s: %w", bucket, key, err)
	}
	return content, nil
}

// parameterStore reads SSM parameters for CloudFormation.
type parameterStore struct{ store *ssm.Service }

func (p parameterStore) Parameter(_ context.Context, name string) (string, error) {
	value, ok := p.store.Value(name)
	if !ok {
		return "", fmt.Errorf("SSM parameter %s does not exist", name)
	}
	return value, nil
}
