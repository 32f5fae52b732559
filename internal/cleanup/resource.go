package cleanup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/oralake/oralake/internal/workflow"
)

// Properties are those of the custom resource.
type Properties struct {
	ServiceToken    string
	Stack           string
	InstanceArn     string
	StateMachineArn string
	Job             string // empty for the whole stack
}

// Resource is the custom resource, of which a stack has one for itself and one for each job. Creating it does nothing.
// Deleting it takes down the tasks of the job, or all of the stack's: a job that the file no longer names loses its
// resource at the end of a deploy that has otherwise succeeded. Updating that of the stack takes down what is on an
// instance that is given up. CloudFormation waits an hour for an answer, a function runs for a
// quarter of one at most: when its time is nearly up, the function calls itself anew and leaves the answer to that call.
type Resource struct {
	workflow.Environment
	Log       *slog.Logger
	DMS       *dms.Client
	States    *sfn.Client
	Records   *dynamodb.Client
	Functions Invoker
}

// Invoker calls functions.
type Invoker interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// NewResource makes the resource of an SDK configuration and the function's environment.
func NewResource(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Resource, error) {
	env, err := workflow.ReadEnvironment(getenv)
	return Resource{
		Environment: env, Log: log, DMS: dms.NewFromConfig(cfg), States: sfn.NewFromConfig(cfg),
		Records: dynamodb.NewFromConfig(cfg), Functions: lambda.NewFromConfig(cfg),
	}, err
}

// margin is what is kept of the function's time to answer, or to call itself anew.
const margin = 30 * time.Second

// Handle answers a request of CloudFormation. Its error is for the log: CloudFormation has been told.
func (r Resource) Handle(ctx context.Context, event cfn.Event) error {
	working := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		working, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
		defer cancel()
	}
	id, err := r.handle(working, event)
	if err != nil && working.Err() != nil && ctx.Err() == nil {
		return r.again(ctx, event)
	}
	answer := cfn.NewResponse(&event)
	answer.PhysicalResourceID, answer.Status = id, cfn.StatusSuccess
	if err != nil {
		answer.Status, answer.Reason = cfn.StatusFailed, err.Error()
	}
	return errors.Join(err, answer.Send())
}

func (r Resource) handle(ctx context.Context, event cfn.Event) (physicalID string, err error) {
	p, err := decode(event.ResourceProperties)
	if err != nil {
		return event.PhysicalResourceID, err
	}
	// The resource is the same for as long as the job, or the stack, is there.
	physicalID = strings.TrimSuffix(p.Stack+"-tasks-"+p.Job, "-")
	cleaner := Cleaner{
		Environment: r.Environment, Instance: p.InstanceArn, Machine: p.StateMachineArn,
		Log: r.Log.With("department", r.Department, "request", event.RequestType),
		DMS: r.DMS, States: r.States, Records: r.Records,
	}
	switch event.RequestType {
	case cfn.RequestDelete:
		err = cleaner.TakeDown(ctx, func(job string) bool { return p.Job == "" || p.Job == job })
	case cfn.RequestUpdate:
		before, oldErr := decode(event.OldResourceProperties)
		if oldErr != nil {
			return physicalID, oldErr
		}
		if p.Job == "" && before.InstanceArn != p.InstanceArn {
			cleaner.Instance = before.InstanceArn
			err = cleaner.Leave(ctx)
		}
	}
	return physicalID, err
}

// again hands the request to a new call of this function.
func (r Resource) again(ctx context.Context, event cfn.Event) error {
	self, ok := lambdacontext.FromContext(ctx)
	if !ok {
		return errors.New("call the clean-up anew: the function does not know its own name")
	}
	payload, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("call the clean-up anew: %w", err)
	}
	_, err = r.Functions.Invoke(ctx, &lambda.InvokeInput{
		FunctionName: &self.InvokedFunctionArn, InvocationType: types.InvocationTypeEvent, Payload: payload,
	})
	if err != nil {
		return fmt.Errorf("call the clean-up anew: %w", err)
	}
	r.Log.Info("tasks are still going away: called anew", "department", r.Department)
	return nil
}

// decode reads the properties, which CloudFormation passes on as strings and lists of strings.
func decode(properties map[string]any) (Properties, error) {
	content, err := json.Marshal(properties)
	if err != nil {
		return Properties{}, fmt.Errorf("read properties: %w", err)
	}
	var p Properties
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Properties{}, fmt.Errorf("read properties: %w", err)
	}
	return p, nil
}
