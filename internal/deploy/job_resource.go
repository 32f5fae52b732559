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
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/records"
)

// JobResource is the custom resource of a job. The stack has one, too, for all its tasks.
//
// If a job follows changes, creating or updating its resource starts a run of the job, provided that the run has something to
// change. Deleting the resource of a job deletes the job's tasks. Deleting that of the stack deletes all tasks of the stack.
// CloudFormation deletes the resource of a removed job at the end of a deploy that has otherwise succeeded. Updating the resource
// of the stack deletes the tasks on a replication instance that the deploy replaces.
type JobResource struct {
	contract.Environment
	Log     *slog.Logger
	DMS     *awsdms.Client
	States  *sfn.Client
	Records *dynamodb.Client
	Stacks  Stacks
}

// NewCleanup makes the function of the resources of jobs, of the stack and of the connections from the environment variables that the stack sets.
func NewCleanup(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Handler, error) {
	env := contract.NewReader(getenv)
	r := JobResource{
		Environment: env.Common(), Log: log, DMS: awsdms.NewFromConfig(cfg), States: sfn.NewFromConfig(cfg),
		Records: dynamodb.NewFromConfig(cfg), Stacks: cloudformation.NewFromConfig(cfg),
	}
	c := Connections{
		Environment: r.Environment, Log: log.With("department", r.Department), DMS: r.DMS, Stacks: r.Stacks,
		// An older template has neither the variable nor a resource that tests connections.
		TopicARN: getenv(contract.EnvTopicARN), Topic: sns.NewFromConfig(cfg),
	}
	jobs := withoutAttributes(r.work)
	work := func(ctx context.Context, request Request) (Answer, error) {
		if request.ResourceType == contract.ConnectionsType {
			return c.work(ctx, request)
		}
		return jobs(ctx, request)
	}
	return customResource{Work: work, Log: log, Functions: lambda.NewFromConfig(cfg)}.Handle, env.Err()
}

// work does what a request to the resource of a job or of the stack asks for.
func (r JobResource) work(ctx context.Context, request Request) (physicalID string, err error) {
	p, err := ReadProperties[contract.JobProperties](request.ResourceProperties)
	if err != nil {
		return request.PhysicalResourceID, err
	}
	// The physical ID never changes, so CloudFormation never replaces the resource.
	physicalID = strings.TrimSuffix(p.Stack+"-job-"+p.Job, "-")
	cleaner := Cleaner{
		Environment: r.Environment, Instance: p.InstanceArn, Machine: p.StateMachineArn,
		Log: r.Log.With("department", r.Department, "request", request.RequestType),
		DMS: r.DMS, States: r.States, Records: r.Records, Since: request.Since,
	}
	switch request.RequestType {
	case cfn.RequestCreate:
		if p.Job != "" {
			err = r.createJob(ctx, request, p)
		}
	case cfn.RequestUpdate:
		err = r.update(ctx, cleaner, request, p)
	case cfn.RequestDelete:
		if err = mustBeDeleting(ctx, r.Stacks, request); err == nil {
			err = r.deleteJob(ctx, cleaner, p)
		}
	}
	return physicalID, err
}

// deleteJob deletes the tasks of a job, or of the whole stack. The deploy keeps holding the lease of the job, until the hold ends
// or a new job of that name releases it.
func (r JobResource) deleteJob(ctx context.Context, cleaner Cleaner, p contract.JobProperties) error {
	if p.Job == "" {
		return cleaner.DeleteTasks(ctx, func(string) bool { return true })
	}
	if err := cleaner.CloseJob(ctx, p.Job); err != nil {
		return err
	}
	return records.DeleteJobState(ctx, r.Records, r.Table, records.Owner{Job: p.Job})
}

// update handles the update of a job's resource or of the stack's.
func (r JobResource) update(ctx context.Context, cleaner Cleaner, request Request, p contract.JobProperties) error {
	before, err := ReadProperties[contract.JobProperties](request.OldResourceProperties)
	if err != nil {
		return err
	}
	rollingBack, err := RollsBack(ctx, r.Stacks, request)
	switch {
	case err != nil:
		return err
	case p.Job != "" && !changed(before, p):
		return r.releaseHold(ctx, p.Job) // Only sentences for people have changed.
	case p.Job != "" && rollingBack:
		return r.rollBack(ctx, request, before, p)
	case p.Job != "":
		return r.releaseAndStartRun(ctx, request, p)
	case before.InstanceArn == p.InstanceArn:
		return nil
	}
	cleaner.Instance = before.InstanceArn
	if rollingBack {
		// The rollback deletes the instance that the update has created, and DMS refuses that while the instance has tasks.
		return cleaner.DeleteTasks(ctx, func(string) bool { return true })
	}
	return cleaner.LeaveInstance(ctx)
}

// changed says that a run of the job has something to change.
func changed(before, after contract.JobProperties) bool {
	return before.Type != after.Type || before.Fingerprint != after.Fingerprint || before.Endpoints != after.Endpoints ||
		before.InstanceArn != after.InstanceArn
}
