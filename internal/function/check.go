package function

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/oralake/oralake/internal/oracle/checkservice"
)

// Check serves the function that asks the source database, which connect opens.
func Check(connectTo checkservice.Connect) {
	_, cfg := connect()
	lambda.Start(NewCheck(cfg, os.Getenv, connectTo).Handle)
}

// NewCheck makes the function that asks the source database.
func NewCheck(cfg aws.Config, getenv func(string) string, connectTo checkservice.Connect) checkservice.Handler {
	return checkservice.Handler{
		SecretID: getenv("ORALAKE_SECRET_ID"), Database: getenv("ORALAKE_DATABASE"),
		Secrets: secrets(cfg), Connect: connectTo, Objects: objects{s3.NewFromConfig(cfg)},
	}
}

// ReadSecret reads a secret with the credentials of the machine that this runs on.
func ReadSecret(ctx context.Context, id string) (string, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return "", fmt.Errorf("read the database's secret: %w", err)
	}
	return secrets(cfg)(ctx, id)
}

func secrets(cfg aws.Config) checkservice.Secrets {
	return func(ctx context.Context, id string) (string, error) {
		out, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
		if err != nil {
			return "", fmt.Errorf("read the database's secret: %w", err)
		}
		if out.SecretString == nil {
			return "", fmt.Errorf("read the database's secret: %s holds bytes, not text", id)
		}
		return *out.SecretString, nil
	}
}

// objects are documents in S3.
type objects struct{ client *s3.Client }

func (o objects) Read(ctx context.Context, from checkservice.Address) ([]byte, error) {
	out, err := o.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &from.Bucket, Key: &from.Key})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", from, err)
	}
	defer out.Body.Close()
	content, err := io.ReadAll(out.Body)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", from, err)
	}
	return content, nil
}

func (o objects) Write(ctx context.Context, to checkservice.Address, content []byte) error {
	_, err := o.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &to.Bucket, Key: &to.Key, Body: bytes.NewReader(content), ContentType: aws.String("application/json"),
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", to, err)
	}
	return nil
}
