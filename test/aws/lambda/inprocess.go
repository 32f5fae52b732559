package lambda

import (
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

// InProcess makes one environment of a Go function that runs inside this process, in place of its bootstrap. It is
// called once an environment, as a bootstrap's main is; an error is an init error.
type InProcess func(Function) (InvokeFunc, error)

// InvokeFunc handles one invocation; aws-lambda-go's lambda.NewHandler(f).Invoke is one. Its context carries the
// deadline, the Lambda context and the trace (TraceFrom).
type InvokeFunc func(ctx context.Context, payload []byte) ([]byte, error)

// Function is what a function that runs inside this process is told, in place of its process's environment.
type Function struct {
	Name, ARN            string
	StackName, LogicalID string
	Handler              string
	// Environment are the configured variables over Options.Environment.
	Environment map[string]string
	// Credentials are those of the function's role.
	Credentials         aws.Credentials
	CodeBucket, CodeKey string
	LogGroup, LogStream string
	// Log writes a line to the function's log.
	Log func(line string)
}

// traceKey is how aws-lambda-go names the trace in a context.
const traceKey = "x-amzn-trace-id"

// TraceFrom is the X-Amzn-Trace-Id header of the invocation that ctx belongs to, empty outside of one.
func TraceFrom(ctx context.Context) string {
	trace, _ := ctx.Value(traceKey).(string)
	return trace
}

// PropagateTrace makes an SDK client hand the trace of its context on, as it does by itself in a Lambda process. It is
// an element of aws.Config.APIOptions.
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

// goroutine is an environment whose function runs inside this process.
type goroutine struct {
	deployed *deployed
	out      *output
	handle   InvokeFunc
	broken   error           // the init error
	live     <-chan struct{} // closed when the service closes
	frozen   bool            // its handler was cut off and shall not notice
	ctx      context.Context
	cancel   context.CancelFunc
	work     *sync.WaitGroup // the service's, so that its Close waits for a handler that was cut off
}

func (s *Service) startInProcess(d *deployed, credentials aws.Credentials, program InProcess) *goroutine {
	g := &goroutine{deployed: d, out: newOutput(s.logs, d.logging, newID()), live: s.live.Done(), work: &s.work}
	g.ctx, g.cancel = context.WithCancel(s.live)
	variables := maps.Clone(s.options.Environment)
	if variables == nil {
		variables = map[string]string{}
	}
	maps.Copy(variables, d.environment)
	g.handle, g.broken = program(Function{
		Name: d.name, ARN: d.arn, StackName: d.stackName, LogicalID: d.logicalID, Handler: d.handler,
		Environment: variables, Credentials: credentials, CodeBucket: d.code.S3Bucket, CodeKey: d.code.S3Key,
		LogGroup: d.logging.Group, LogStream: g.out.stream, Log: g.out.line,
	})
	return g
}

func (g *goroutine) output() *output { return g.out }

func (g *goroutine) initDuration() time.Duration { return 0 }

func (g *goroutine) dead() bool { return false }

// stop ends the context of a handler that was cut off and does not wait for it.
func (g *goroutine) stop() {
	if !g.frozen {
		g.cancel()
	}
}

func (g *goroutine) invoke(inv invocation) outcome {
	if g.broken != nil {
		return outcome{payload: describe(g.broken), failed: true, status: "error", ended: true}
	}
	deadline := time.Now().Add(g.deployed.timeout)
	ctx, cancel := context.WithDeadline(g.ctx, deadline)
	defer cancel()
	l := newLife(inv.end, deadline, g.live)
	if inv.end.planned() {
		ctx = doomed{g.ctx, deadline}
	}
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{
		AwsRequestID: inv.requestID, InvokedFunctionArn: g.deployed.arn,
	})
	//lint:ignore SA1029 aws-lambda-go's key is a plain string
	ctx = context.WithValue(ctx, traceKey, inv.trace)
	ctx = context.WithValue(ctx, lifeKey{}, l)
	over, stop := inv.end.timer(g.deployed.timeout)
	defer stop()
	finished := make(chan outcome, 1)
	g.work.Go(func() {
		gateway.StackForCalling()
		finished <- g.call(ctx, inv.payload)
	})
	select {
	case o := <-finished:
		// A handler that returns at its deadline was cut off at that moment, whichever is noticed first.
		switch {
		case l.killed():
			return killed(inv.requestID)
		case !time.Now().Before(deadline):
			return timedOut(inv.requestID, g.deployed.timeout)
		}
		return o
	case <-over:
		l.kill()
	case <-l.death:
	case <-ctx.Done():
		if g.ctx.Err() != nil {
			return runtimeFailure(inv.requestID, "Runtime.ExitError", errClosed.Error())
		}
	}
	g.frozen = inv.end.planned()
	if !time.Now().Before(deadline) {
		return timedOut(inv.requestID, g.deployed.timeout)
	}
	return killed(inv.requestID)
}

// call renders the end of a handler as aws-lambda-go does; a panic ends the environment. The stack trace of a panic is
// left out of its payload.
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
	if len(answer) > maxResponse {
		return outcome{failed: true, payload: functionError{
			"Function.ResponseSizeTooLarge",
			fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse),
		}.payload()}
	}
	return outcome{payload: answer}
}

// describe is an error as aws-lambda-go posts it: its type is the name of the Go type.
func describe(err error) []byte {
	var given messages.InvokeResponse_Error
	// aws-lambda-go does not unwrap either.
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
