package run

import (
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// New makes a step that talks to AWS as cfg says and reads its environment with getenv.
type New func(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error)

// NewCreate makes the Create function.
func NewCreate(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env, err := ReadCreateEnvironment(getenv)
	return Create{
		Environment: env, Log: log, DMS: awsdms.NewFromConfig(cfg), Objects: s3.NewFromConfig(cfg),
		Leases: dynamodb.NewFromConfig(cfg), Records: dynamodb.NewFromConfig(cfg), Executions: sfn.NewFromConfig(cfg),
	}.Step(), err
}

// NewPoll makes the Poll function.
func NewPoll(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env, err := ReadEnvironment(getenv)
	return Poll{Environment: env, Log: log, DMS: awsdms.NewFromConfig(cfg)}.Step(), err
}

// NewStart makes the Start function.
func NewStart(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env, err := ReadEnvironment(getenv)
	return Start{Environment: env, Log: log, DMS: awsdms.NewFromConfig(cfg)}.Step(), err
}

// NewRecord makes the Record function.
func NewRecord(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env, err := ReadRecordEnvironment(getenv)
	return Record{
		Environment: env, Log: log, DMS: awsdms.NewFromConfig(cfg), Objects: s3.NewFromConfig(cfg),
		Records: dynamodb.NewFromConfig(cfg), Topic: sns.NewFromConfig(cfg), Metrics: cloudwatch.NewFromConfig(cfg), Lake: s3.NewFromConfig(cfg),
	}.Step(), err
}

// NewDelete makes the Delete function.
func NewDelete(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env, err := ReadEnvironment(getenv)
	return Delete{
		Environment: env, Log: log, DMS: awsdms.NewFromConfig(cfg), Leases: dynamodb.NewFromConfig(cfg),
	}.Step(), err
}
