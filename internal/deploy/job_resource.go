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
)

// JobResource is the custom resource of a job; the stack has one of its own.
//
// Creating or updating that of a job which follows changes starts a run of the job, if something changed that the run acts on.
// Deleting it deletes the tasks of the job, or all tasks of the stack: a job that the file no longer names loses its resource at
// the end of a deploy that has otherwise succeeded. Updating that of the stack deletes the tasks on an instance that the stack
// gives up.
type JobResource struct {
	contract.Environment
	Log     *slog.Logger
	DMS     *awsdms.Client
	States  *sfn.Client
	Records *dynamodb.Client
	Stacks  Stacks
}

// NewCleanup makes the function from the environment that the stack gives it.
func NewCleanup(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Handler, error) {
	env := contract.NewReader(getenv)
	r := JobResource{
		Environment: env.Common(), Log: log, DMS: awsdms.NewFromConfig(cfg), States: sfn.NewFromConfig(cfg),
		Records: dynamodb.NewFromConfig(cfg), Stacks: cloudformation.NewFromConfig(cfg),
	}
	return customResource{Work: r.work, Log: log, Functions: lambda.NewFromConfig(cfg)}.Handle, env.Err()
}

func (r JobResource) work(ctx context.Context, request Request) (physicalID string, err error) {
	p, err := ReadProperties[contract.JobProperties](request.ResourceProperties)
	if err != nil {
		return request.PhysicalResourceID, err
	}
	// The resource is the same for as long as the job, or the stack, is there.
	physicalID = strings.TrimSuffix(p.Stack+"-job-"+p.Job, "-")
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

// end deletes the tasks of a job, or of the whole stack. The job's lease stays held, until a new job of its name releases it.
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
	case p.Job != "" && !changed(before, p):
		return r.release(ctx, p.Job) // Only sentences for people have changed.
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

// changed says that a job has changed in something that a run of it acts on.
func changed(before, after contract.JobProperties) bool {
	return before.Type != after.Type || before.Fingerprint != after.Fingerprint || before.Endpoints != after.Endpoints ||
		before.InstanceArn != after.InstanceArn
}
