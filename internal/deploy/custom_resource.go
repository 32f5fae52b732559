// Package deploy holds the two custom resources of a department's stack.
//
// Preflight is the first resource of every deploy. It compares the deployed department with the new one. It refuses the
// deploy, before anything is changed, if the deploy loses something that the department's file does not allow to lose.
// Otherwise it stops the replication tasks whose endpoints are about to change, because DMS modifies no endpoint that a
// running task uses.
//
// JobResource is the last one: of each job, and of the stack. It starts a run of a changed job that follows changes. When
// its job or its stack is deleted it stops the runs and deletes the replication tasks, which CloudFormation does not know.
// Without that DMS refuses to delete the stack's endpoints and its instance (CHAP_ReplicationInstance.Deleting).
//
// The work of either may take longer than one call of a function: CloudFormation waits an hour for an answer, a function
// runs for a quarter of one at most. When its time is nearly over, the function calls itself again and leaves the answer to
// that call.
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

// Request is a request of CloudFormation.
type Request struct {
	cfn.Event
	// Since is when the first call got the request. CloudFormation does not send it; a call hands it to the next.
	Since time.Time `json:"since,omitzero"`
}

// Work does what a request asks for and returns the resource's physical ID. It may be called again after its context ended, and
// then finds what the first call left.
type Work func(ctx context.Context, r Request) (physicalID string, err error)

// Handler is a custom resource's function as Lambda calls it.
type Handler func(ctx context.Context, r Request) error

// customResource answers CloudFormation for one of the custom resources.
type customResource struct {
	Work      Work
	Log       *slog.Logger
	Functions Invoker
}

// Invoker calls functions.
type Invoker interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// margin is what is kept of the function's time to answer, or to call itself again.
const margin = 30 * time.Second

// longestReason is how much of an error CloudFormation is told, in bytes: it takes answers of 4096.
const longestReason = 3000

// Handle answers a request. After it has answered it returns no error: Lambda calls a function that failed again minutes later,
// when the deploy is over.
func (f customResource) Handle(ctx context.Context, r Request) error {
	if r.Since.IsZero() {
		r.Since = time.Now()
	}
	working := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		working, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
		defer cancel()
	}
	id, err := f.work(working, r)
	if err != nil && working.Err() != nil && ctx.Err() == nil {
		return f.callAgain(ctx, r)
	}
	answer := cfn.NewResponse(&r.Event)
	answer.PhysicalResourceID, answer.Status = id, cfn.StatusSuccess
	if err != nil {
		answer.Status, answer.Reason = cfn.StatusFailed, brief(err.Error())
		f.Log.Error("the request failed", "request", r.RequestType, "resource", r.LogicalResourceID, "error", err)
	}
	return answer.Send()
}

// A transient error fails no deploy, and above all no rollback, because a failed rollback leaves a stack that nobody can deploy
// any more. The work is repeated for half of the time that CloudFormation waits.
const (
	retryTime  = 30 * time.Minute
	retryPause = 10 * time.Second
)

// work does what a request asks for, and repeats it while its errors are transient.
func (f customResource) work(ctx context.Context, r Request) (id string, err error) {
	for {
		id, err = f.Work(ctx, r)
		if err == nil || ctx.Err() != nil || !run.IsTransient(err) || time.Since(r.Since) > retryTime {
			return id, err
		}
		f.Log.Warn("tried again", "request", r.RequestType, "resource", r.LogicalResourceID, "error", err)
		if Wait(ctx, retryPause) != nil {
			return id, err
		}
	}
}

// brief cuts a long message at its end.
func brief(message string) string {
	if len(message) <= longestReason {
		return message
	}
	return strings.ToValidUTF8(message[:longestReason], "") + " ... (the function's log has the rest)"
}

// callAgain hands the request to a new call of this function.
func (f customResource) callAgain(ctx context.Context, r Request) error {
	self, ok := lambdacontext.FromContext(ctx)
	if !ok {
		return errors.New("call the function again: it does not know its own name")
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
	f.Log.Info("not done yet: called again", "request", r.RequestType, "resource", r.LogicalResourceID, "since", r.Since)
	return nil
}

// Wait sleeps, or ends with the context's error.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ReadProperties reads the properties of a resource, which CloudFormation hands on as texts, lists and objects. It leaves out
// those that P does not have: some are for people alone, and in an update or a rollback a function may get the properties that
// another version of it wrote. For the same reason P should have no more than the function needs.
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
