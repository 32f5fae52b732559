// Package deploy implements the custom resources of a department's stack.
//
// Preflight comes first in every deploy. It compares the deployed department with the new one. If the deploy would lose something
// that the department's file does not allow to lose, preflight refuses it before anything is changed. Otherwise it stops the
// replication tasks whose endpoints change, because DMS does not modify an endpoint that a running task uses.
//
// Connections comes when the endpoints and the instance are there. It tests the connections that the deploy has made or changed.
//
// JobResource comes last. Each job has one, and so has the stack. When a job that follows changes is new or changed, its resource
// starts a run. When the job or the stack is deleted, the resource stops the runs and deletes the replication tasks:
// CloudFormation does not know these tasks, and DMS refuses to delete an endpoint or an instance that has tasks
// (CHAP_ReplicationInstance.Deleting).
//
// CloudFormation waits an hour for the answer of a custom resource, and a function runs for at most 15 minutes. Before its time
// ends, a function that is not done calls itself again; the new call gives the answer.
package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/oralake/oralake/internal/run"
)

// Request is a request of CloudFormation to a custom resource.
type Request struct {
	cfn.Event
	// Since is when the first call got the request. CloudFormation does not send it: each call passes it to the next.
	Since time.Time `json:"since,omitzero"`
}

// Work does what a request asks for. A call whose context has ended is repeated: the next call finds what the first one did.
type Work func(ctx context.Context, r Request) (Answer, error)

// Answer is what CloudFormation is told of a resource.
type Answer struct {
	PhysicalID string
	Attributes map[string]any // for Fn::GetAtt; nil for none
}

// withoutAttributes makes a Work that answers with the physical ID only.
func withoutAttributes(work func(ctx context.Context, r Request) (physicalID string, err error)) Work {
	return func(ctx context.Context, r Request) (Answer, error) {
		id, err := work(ctx, r)
		return Answer{PhysicalID: id}, err
	}
}

// Handler is the function of a custom resource, as Lambda calls it.
type Handler func(ctx context.Context, r Request) error

// customResource does the work of a request and answers CloudFormation.
type customResource struct {
	Work      Work
	Log       *slog.Logger
	Functions Invoker
}

// Invoker invokes Lambda functions.
type Invoker interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// answerMargin is the part of the function's time that is left for the answer, or for calling itself again.
const answerMargin = 30 * time.Second

// maxReasonBytes is the most that an answer has of an error. CloudFormation takes answers of 4096 bytes ("Custom resource
// response objects").
const maxReasonBytes = 3000

// Handle does the work of a request and answers it. It returns no error after it has answered. Otherwise Lambda would repeat the
// call minutes later, when the deploy may be over.
func (f customResource) Handle(ctx context.Context, r Request) error {
	if r.Since.IsZero() {
		r.Since = time.Now()
	}
	workCtx := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		workCtx, cancel = context.WithDeadline(ctx, deadline.Add(-answerMargin))
		defer cancel()
	}
	done, err := f.work(workCtx, r)
	if err != nil && workCtx.Err() != nil && ctx.Err() == nil {
		return f.callAgain(ctx, r)
	}
	answer := cfn.NewResponse(&r.Event)
	answer.PhysicalResourceID, answer.Status, answer.Data = done.PhysicalID, cfn.StatusSuccess, done.Attributes
	if err != nil {
		answer.Status, answer.Reason = cfn.StatusFailed, shorten(err.Error())
		f.Log.Error("the request failed", "request", r.RequestType, "resource", r.LogicalResourceID, "error", err)
	}
	return answer.Send()
}

// A transient error must not fail a deploy, and even less a rollback: after a failed rollback nobody can deploy the stack. So the
// work is repeated for half of the hour that CloudFormation waits.
const (
	retryTime  = 30 * time.Minute
	retryPause = 10 * time.Second
)

// work calls Work, and repeats it while its errors are transient.
func (f customResource) work(ctx context.Context, r Request) (done Answer, err error) {
	for {
		done, err = f.Work(ctx, r)
		if err == nil || ctx.Err() != nil || !run.IsTransient(err) || time.Since(r.Since) > retryTime {
			return done, err
		}
		f.Log.Warn("trying again", "request", r.RequestType, "resource", r.LogicalResourceID, "error", err)
		if run.Wait(ctx, retryPause) != nil {
			return done, err
		}
	}
}

// shorten cuts a message after maxReasonBytes.
func shorten(message string) string {
	if len(message) <= maxReasonBytes {
		return message
	}
	return strings.ToValidUTF8(message[:maxReasonBytes], "") + " ... (the function's log has the rest)"
}

// callAgain passes the request to a new call of this function.
func (f customResource) callAgain(ctx context.Context, r Request) error {
	self, ok := lambdacontext.FromContext(ctx)
	if !ok {
		return errors.New("call the function again: the context has no Lambda context with its name")
	}
	payload, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("call the function again: %w", err)
	}
	_, err = f.Functions.Invoke(ctx, &lambda.InvokeInput{
		FunctionName: &self.InvokedFunctionArn, InvocationType: types.InvocationTypeEvent, Payload: payload,
	})
	if err != nil {
		return fmt.Errorf("call the function again: %w", err)
	}
	f.Log.Info("not done yet: the function has called itself again", "request", r.RequestType, "resource", r.LogicalResourceID, "since", r.Since)
	return nil
}

// ReadProperties reads the properties of a resource, which CloudFormation passes as strings, lists and objects. It ignores
// properties that P does not have: some are only for people, and in an update or a rollback another version of the stack may have
// written them. For the same reason P should have only what the function needs.
func ReadProperties[P any](properties map[string]any) (P, error) {
	var p P
	content, err := json.Marshal(properties)
	if err == nil {
		err = json.Unmarshal(content, &p)
	}
	if err != nil {
		return p, fmt.Errorf("read the resource's properties: %w", err)
	}
	return p, nil
}
