// Package lambdahandler serves a handler as a Lambda function.
package lambdahandler

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// New makes a handler that calls AWS with cfg and reads its environment variables with getenv.
type New[H any] func(cfg aws.Config, getenv func(string) string, log *slog.Logger) (H, error)

// Serve serves a handler until Lambda ends the process. If the handler cannot be made, Serve logs the error and ends the process.
func Serve[H any](newHandler New[H]) {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	// DMS allows an account 200 calls at once, and refills them at 8 a second (CHAP_Limits). The adaptive retry mode slows a
	// function down when DMS throttles its calls.
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithRetryMode(aws.RetryModeAdaptive))
	if err != nil {
		fail(log, err)
	}
	handler, err := newHandler(cfg, os.Getenv, log)
	if err != nil {
		fail(log, err)
	}
	lambda.Start(handler)
}

func fail(log *slog.Logger, err error) {
	log.Error("the function cannot start", "error", err)
	os.Exit(1)
}
