// Package function runs a step of the workflow as an AWS Lambda function.
package function

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/oralake/oralake/internal/workflow"
)

// Main serves the step that newStep makes until Lambda ends the environment. A function that is not configured does
// not start: Lambda reports it, with the log line that says why.
func Main(newStep workflow.New) {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	step, err := start(newStep, log)
	if err != nil {
		log.Error("the function cannot start", "error", err)
		os.Exit(1)
	}
	lambda.Start(step)
}

func start(newStep workflow.New, log *slog.Logger) (workflow.Step, error) {
	// The adaptive mode keeps the functions of a department under the rate that DMS gives the whole account: a bucket
	// of 200 calls, refilled at 8 a second (CHAP_Limits).
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithRetryMode(aws.RetryModeAdaptive))
	if err != nil {
		return nil, err
	}
	return newStep(cfg, os.Getenv, log)
}
