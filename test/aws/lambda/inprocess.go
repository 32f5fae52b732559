package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/oralake/oralake/test/aws/gateway"
)

// InProcess returns the Go function that runs in this process in place of a function's bootstrap. The service calls it
// once for each environment, like a bootstrap's main. An error becomes an init error of the function.
type InProcess func(Function) (InvokeFunc, error)

// InvokeFunc handles one invocation, like lambda.NewHandler(f).Invoke of aws-lambda-go. Its context has the deadline,
// the Lambda context and the trace (TraceFrom).
type InvokeFunc func(ctx context.Context, payload []byte) ([]byte, error)

// Function describes the function to an InProcess. It replaces the environment variables of a process.
type Function struct {
	Name, ARN            string
	StackName, LogicalID string
	Handler              string
	// Environment has the variables of Options.Environment and of the function. The function's variables win.
	Environment map[string]string
	// Credentials are the credentials of the function's role.
	Credentials         aws.Credentials
	CodeBucket, CodeKey string
	LogGroup, LogStream string
	// Log writes a line to the function's log.
	Log func(line string)
}

// traceKey is the context key of the trace in aws-lambda-go.
const traceKey = "x-amzn-trace-id"

// TraceFrom returns the X-Amzn-Trace-Id header of the invocation that ctx belongs to. It is empty outside of an
// invocation.
func TraceFrom(ctx context.Context) string {
	trace, _ := ctx.Value(traceKey).(string)
	return trace
}

// PropagateTrace makes an SDK client send the trace of its context, as the SDK does in a Lambda process. It is an
// element of aws.Config.APIOptions.
func PropagateTrace(stack *middleware.Stack) error {
	return stack.Build.Add(middleware.BuildMiddlewareFunc("PropagateTrace", func(
		ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler,
	) (middleware.BuildOutput, middleware.Metadata, error) {
		if r, ok := in.Request.(*smithyhttp.Request); ok && r.Header.Get("X-Amzn-Trace-Id") == "" {
			if trace := TraceFrom(ctx); trace != "" {
				r.Header.Set("X-Amzn-Trace-Id", trace)
			}
		}
		return next.HandleBuild(ctx, in)
	}), middleware.After)
}

// goroutine is an environment whose function runs in this process.
type goroutine struct {
	deployed *deployed
	out      *output
	handle   InvokeFunc
	initErr  error           // error of the InProcess; nil when it succeeded
	live     <-chan struct{} // closed when the service closes
	frozen   bool            // whether a fault killed the handler: its context must not end
	ctx      context.Context
	cancel   context.CancelFunc
	work     *sync.WaitGroup // of the service, so that Close waits for a handler that was killed or timed out
}

func (s *Service) startInProcess(d *deployed, credentials aws.Credentials, program InProcess) *goroutine {
	g := &goroutine{deployed: d, out: newOutput(s.logs, d.logging, newID()), live: s.live.Done(), work: &s.work}
	g.out.begin(s.mayLog(d, g.out.stream))
	g.ctx, g.cancel = context.WithCancel(s.live)
	variables := maps.Clone(s.options.Environment)
	if variables == nil {
		variables = map[string]string{}
	}
	maps.Copy(variables, d.environment)
	g.handle, g.initErr = program(Function{
		Name: d.name, ARN: d.arn, StackName: d.stackName, LogicalID: d.logicalID, Handler: d.handler,
		Environment: variables, Credentials: credentials, CodeBucket: d.code.S3Bucket, CodeKey: d.code.S3Key,
		LogGroup: d.logging.Group, LogStream: g.out.stream, Log: g.out.line,
	})
	return g
}

func (g *goroutine) output() *output { return g.out }

func (g *goroutine) initDuration() time.Duration { return 0 }

func (g *goroutine) exited() bool { return false }

// stop ends the context of the handler, unless a fault killed it. It does not wait for the handler.
func (g *goroutine) stop() {
	if !g.frozen {
		g.cancel()
	}
}

func (g *goroutine) invoke(inv invocation) outcome {
	if g.initErr != nil {
		return outcome{payload: describe(g.initErr), failed: true, status: "error", ended: true}
	}
	deadline := time.Now().Add(g.deployed.timeout)
	ctx, cancel := context.WithDeadline(g.ctx, deadline)
	defer cancel()
	state := newHandlerState(inv.killAt, deadline, g.live)
	if inv.killAt.planned() {
		ctx = unexpiring{g.ctx, deadline}
	}
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{
		AwsRequestID: inv.requestID, InvokedFunctionArn: g.deployed.arn,
	})
	//lint:ignore SA1029 aws-lambda-go's key is a plain string
	ctx = context.WithValue(ctx, traceKey, inv.trace)
	ctx = context.WithValue(ctx, handlerStateKey{}, state)
	over, stop := inv.killAt.timer(g.deployed.timeout)
	defer stop()
	finished := make(chan outcome, 1)
	g.work.Go(func() {
		gateway.StackForCalling()
		finished <- g.call(ctx, inv.payload)
	})
	select {
	case o := <-finished:
		// A handler that returns at its deadline has timed out.
		switch {
		case state.killed():
			return killed(inv.requestID)
		case !time.Now().Before(deadline):
			return timedOut(inv.requestID, g.deployed.timeout)
		}
		return o
	case <-over:
		state.kill()
	case <-state.killedChan:
	case <-ctx.Done():
		if g.ctx.Err() != nil {
			return runtimeFailure(inv.requestID, "Runtime.ExitError", errClosed.Error())
		}
	}
	g.frozen = inv.killAt.planned()
	if !time.Now().Before(deadline) {
		return timedOut(inv.requestID, g.deployed.timeout)
	}
	return killed(inv.requestID)
}

// call runs the handler and returns its outcome in the form of aws-lambda-go. A panic ends the environment. The payload
// of a panic has no stack trace.
func (g *goroutine) call(ctx context.Context, payload []byte) (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			err, ok := p.(messages.InvokeResponse_Error)
			if !ok {
				err = messages.InvokeResponse_Error{Message: fmt.Sprint(p), Type: typeName(p)}
			}
			o = outcome{payload: describe(err), failed: true, ended: true}
			g.out.line(string(o.payload))
		}
	}()
	answer, err := g.handle(ctx, payload)
	if err != nil {
		o := outcome{payload: describe(err), failed: true}
		g.out.line(string(o.payload))
		return o
	}
	answer = bytes.Clone(answer) // the handler writes its next answer into the same memory
	if len(answer) > maxResponse {
		return outcome{failed: true, payload: functionError{
			"Function.ResponseSizeTooLarge",
			fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse),
		}.payload()}
	}
	return outcome{payload: answer}
}

// describe returns the payload of an error as aws-lambda-go writes it: errorType is the name of the Go type.
func describe(err error) []byte {
	var given messages.InvokeResponse_Error
	// Like aws-lambda-go, do not unwrap err.
	if e, ok := err.(messages.InvokeResponse_Error); ok {
		given = e
	} else {
		given = messages.InvokeResponse_Error{Message: err.Error(), Type: typeName(err)}
	}
	b, marshalErr := json.Marshal(given)
	if marshalErr != nil {
		return functionError{"Runtime.SerializationError", errors.Join(marshalErr, err).Error()}.payload()
	}
	return b
}

func typeName(v any) string {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		return t.Elem().Name()
	}
	return t.Name()
}
