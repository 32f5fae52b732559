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

// New returns what makes the Lambda function from the environment that the stack gives it; connect opens the database.
func New(connect Connect) func(aws.Config, func(string) string, *slog.Logger) (HandlerFunc, error) {
	return func(cfg aws.Config, getenv func(string) string, _ *slog.Logger) (HandlerFunc, error) {
		env := contract.NewReader(getenv)
		h := Handler{
			SecretID: env.Need(contract.EnvSecretID), Database: env.Need(contract.EnvDatabase),
			Secrets: secrets(cfg), Connect: connect, Documents: s3.NewFromConfig(cfg),
		}
		return h.Handle, env.Err()
	}
}

// HandlerFunc is the Lambda function as the runtime calls it.
type HandlerFunc func(context.Context, Input) (any, error)

// ReadSecret reads a secret with the credentials of the machine that this runs on.
func ReadSecret(ctx context.Context, id string) (string, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return "", fmt.Errorf("read the database's secret: %w", err)
	}
	return secrets(cfg)(ctx, id)
}

func secrets(cfg aws.Config) Secrets {
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
