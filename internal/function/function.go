// Package function runs the parts of the product as AWS Lambda functions.
package function

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/oralake/oralake/internal/deploy"
	"github.com/oralake/oralake/internal/run"
)

// Step serves a step of the workflow until Lambda ends the environment. A function that is not configured does not
// start: Lambda reports it, with the log line that says why.
func Step(newStep run.New) {
	log, cfg := connect()
	step, err := newStep(cfg, os.Getenv, log)
	if err != nil {
		fail(log, err)
	}
	lambda.Start(step)
}

// Cleanup serves the custom resource that starts runs of changed jobs and takes down the tasks of those that are gone.
func Cleanup() { serve(deploy.NewCleanup) }

// Redeploy serves the custom resource that every deploy begins with.
func Redeploy() { serve(deploy.NewPreflight) }

// newCustom makes the function behind a custom resource.
type newCustom func(cfg aws.Config, getenv func(string) string, log *slog.Logger) (deploy.Function, error)

func serve(newFunction newCustom) {
	log, cfg := connect()
	made, err := newFunction(cfg, os.Getenv, log)
	if err != nil {
		fail(log, err)
	}
	lambda.Start(made.Handle)
}

func connect() (*slog.Logger, aws.Config) {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	// DMS gives a whole account a bucket of 200 calls, refilled at 8 a second (CHAP_Limits): the adaptive mode slows a
	// function down when it is told that the bucket is empty.
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithRetryMode(aws.RetryModeAdaptive))
	if err != nil {
		fail(log, err)
	}
	return log, cfg
}

func fail(log *slog.Logger, err error) {
	log.Error("the function cannot start", "error", err)
	os.Exit(1)
}
