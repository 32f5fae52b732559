package deploy

import (
	"context"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
)

// JobResource is the custom resource, of which a stack has one for itself and one for each job.
//
// Creating or updating that of a job which follows changes starts a run of the job: the properties have all that would
// change its task, so an unchanged job is left alone. Deleting it takes down the tasks of the job, or all of the stack's:
// a job that the file no longer names loses its resource at the end of a deploy that has otherwise succeeded. Updating
// that of the stack takes down what is on an instance that is given up.
type JobResource struct {
	run.Environment
	Log     *slog.Logger
	DMS     *awsdms.Client
	States  *sfn.Client
	Records *dynamodb.Client
	Stacks  Stacks
}

// NewCleanup makes the function behind the resource of an SDK configuration and the function's environment.
func NewCleanup(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Function, error) {
	env, err := run.ReadEnvironment(getenv)
	r := JobResource{
		Environment: env, Log: log, DMS: awsdms.NewFromConfig(cfg), States: sfn.NewFromConfig(cfg),
		Records: dynamodb.NewFromConfig(cfg), Stacks: cloudformation.NewFromConfig(cfg),
	}
	return Function{Work: r.work, Log: log, Functions: lambda.NewFromConfig(cfg)}, err
}

func (r JobResource) work(ctx context.Context, request Request) (physicalID string, err error) {
	p, err := ReadProperties[contract.JobProperties](request.ResourceProperties)
	if err != nil {
		return request.PhysicalResourceID, err
	}
	// The resource is the same for as long as the job, or the stack, is there.
	physicalID = strings.TrimSuffix(p.Stack+"-tasks-"+p.Job, "-")
	cleaner := Cleaner{
		Environment: r.Environment, Instance: p.InstanceArn, Machine: p.StateMachineArn,
		Log: r.Log.With("department", r.Department, "request", request.RequestType),
		DMS: r.DMS, States: r.States, Records: r.Records, Since: request.Since,
	}
	switch request.RequestType {
	case cfn.RequestCreate:
		if p.Job != "" {
			err = r.begin(ctx, request, p)
		}
	case cfn.RequestUpdate:
		err = r.update(ctx, cleaner, request, p)
	case cfn.RequestDelete:
		err = r.end(ctx, cleaner, p)
	}
	return physicalID, err
}

// end takes down a job, or the whole stack. What remains of a job is its lease, held: a job of its name gives it back.
func (r JobResource) end(ctx context.Context, cleaner Cleaner, p contract.JobProperties) error {
	if p.Job == "" {
		return cleaner.DeleteTasks(ctx, func(string) bool { return true })
	}
	if err := cleaner.CloseJob(ctx, p.Job); err != nil {
		return err
	}
	return records.DeleteJobState(ctx, r.Records, r.Table, p.Job)
}

func (r JobResource) update(ctx context.Context, cleaner Cleaner, request Request, p contract.JobProperties) error {
	before, err := ReadProperties[contract.JobProperties](request.OldResourceProperties)
	if err != nil {
		return err
	}
	back, err := RollsBack(ctx, r.Stacks, request)
	switch {
	case err != nil:
		return err
	case p.Job != "" && back:
		return r.rollBack(ctx, request, before, p)
	case p.Job != "":
		return r.reconcile(ctx, request, p)
	case before.InstanceArn == p.InstanceArn:
		return nil
	}
	cleaner.Instance = before.InstanceArn
	if back {
		// What is on the instance that this update made goes with it, or the rollback would never end.
		return cleaner.DeleteTasks(ctx, func(string) bool { return true })
	}
	return cleaner.LeaveInstance(ctx)
}
