package checkservice

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/oralake/oralake/internal/contract"
)

// New returns the constructor of the Lambda function. The constructor reads the environment variables that the stack sets.
// connect opens the database.
func New(connect Connect) func(aws.Config, func(string) string, *slog.Logger) (HandlerFunc, error) {
	return func(cfg aws.Config, getenv func(string) string, _ *slog.Logger) (HandlerFunc, error) {
		env := contract.NewReader(getenv)
		h := Handler{
			SecretID: env.Need(contract.EnvSecretID), Database: env.Need(contract.EnvDatabase),
			CertificateARN: getenv(contract.EnvCertificateARN),
			Secrets:        secrets(cfg), Certificates: certificates(cfg), Connect: connect, Documents: s3.NewFromConfig(cfg),
		}
		return h.Handle, env.Err()
	}
}

// HandlerFunc is the type of Handler.Handle, which the Lambda runtime calls.
type HandlerFunc func(context.Context, Input) (any, error)

// ReadSecret reads a secret with the AWS credentials of this machine.
func ReadSecret(ctx context.Context, id string) (string, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return "", fmt.Errorf("read the database's secret: %w", err)
	}
	return secrets(cfg)(ctx, id)
}

// secrets returns a function that reads secrets from Secrets Manager.
func secrets(cfg aws.Config) Secrets {
	return func(ctx context.Context, id string) (string, error) {
		out, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
		if err != nil {
			return "", fmt.Errorf("read the database's secret: %w", err)
		}
		if out.SecretString == nil {
			return "", fmt.Errorf("read the database's secret: %s holds bytes; store it as text", id)
		}
		return *out.SecretString, nil
	}
}
