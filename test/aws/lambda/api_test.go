package lambda_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/lambda"
)

// code returns the AWS error code and the HTTP status of err.
func code(err error) (string, int) {
	var e smithy.APIError
	var r *smithyhttp.ResponseError
	if errors.As(err, &e) && errors.As(err, &r) {
		return e.ErrorCode(), r.HTTPStatusCode()
	}
	return "", 0
}

// goHost returns a host that runs every Lambda function as the Go function f.
func goHost(t *testing.T, f lambda.InvokeFunc, options lambda.Options) *host {
	t.Helper()
	options.InProcess = func(lambda.Function) (lambda.InvokeFunc, error) { return f, nil }
	return newHost(t, clock.Clock{}, options)
}

func echo(_ context.Context, payload []byte) ([]byte, error) { return payload, nil }

func TestInvokeErrors(t *testing.T) {
	h := goHost(t, echo, lambda.Options{})
	h.function(nil)
	tests := []struct {
		name  string
		input sdk.InvokeInput
		code  string
		http  int
		text  string
	}{
		{
			name: "a function that does not exist", input: sdk.InvokeInput{FunctionName: aws.String("other")},
			code: "ResourceNotFoundException", http: 404,
			text: "Function not found: arn:aws:lambda:eu-central-1:123456789012:function:other",
		},
		{
			name: "a version", input: sdk.InvokeInput{FunctionName: aws.String("work"), Qualifier: aws.String("3")},
			code: "ResourceNotFoundException", http: 404, text: "function:work:3",
		},
		{
			name: "a payload that is not JSON", input: sdk.InvokeInput{FunctionName: aws.String("work"), Payload: []byte("{half")},
			code: "InvalidRequestContentException", http: 400, text: "Could not parse request body into json",
		},
		{
			name:  "a payload of more than 6 MB",
			input: sdk.InvokeInput{FunctionName: aws.String("work"), Payload: bytes.Repeat([]byte("1"), 6291457)},
			code:  "RequestEntityTooLargeException", http: 413,
			text: "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
		},
		{
			name: "an event of more than 1 MB",
			input: sdk.InvokeInput{
				FunctionName: aws.String("work"), InvocationType: types.InvocationTypeEvent,
				Payload: bytes.Repeat([]byte("1"), 1048577),
			},
			code: "RequestEntityTooLargeException", http: 413, text: "1048576 bytes",
		},
		{
			name:  "a client context",
			input: sdk.InvokeInput{FunctionName: aws.String("work"), ClientContext: aws.String("e30=")},
			code:  "UnknownOperationException", http: 400, text: "ClientContext",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := h.client.Invoke(t.Context(), &test.input)
			if gotCode, gotHTTP := code(err); gotCode != test.code || gotHTTP != test.http {
				t.Fatalf("got %s %d (%v), want %s %d", gotCode, gotHTTP, err, test.code, test.http)
			}
			mustContain(t, err.Error(), test.text)
		})
	}
}

func TestFormsOfAFunctionName(t *testing.T) {
	h := goHost(t, echo, lambda.Options{})
	h.function(nil)
	for _, name := range []string{
		"work", "work:$LATEST", "123456789012:function:work", "arn:aws:lambda:eu-central-1:123456789012:function:work",
		"arn:aws:lambda:eu-central-1:123456789012:function:work:$LATEST",
	} {
		out, err := h.client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: &name, Payload: []byte(`[1]`)})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := string(out.Payload); got != "[1]" {
			t.Errorf("%s: got %s, want [1]", name, got)
		}
	}
}

func TestDryRunDoesNotRun(t *testing.T) {
	h := goHost(t, func(context.Context, []byte) ([]byte, error) {
		t.Error("the function ran")
		return nil, nil
	}, lambda.Options{})
	h.function(nil)
	out, err := h.client.Invoke(t.Context(), &sdk.InvokeInput{
		FunctionName: aws.String("work"), InvocationType: types.InvocationTypeDryRun,
	})
	if err != nil {
		t.Fatal(err)
	}
	if out.StatusCode != http.StatusNoContent {
		t.Errorf("got status %d, want 204", out.StatusCode)
	}
}

func TestEmptyPayloadIsAnEmptyObject(t *testing.T) {
	h := goHost(t, echo, lambda.Options{})
	h.function(nil)
	out, err := h.client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("work")})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(out.Payload); got != "{}" {
		t.Errorf("got %q, want {}", got)
	}
}

func TestConcurrencyLimits(t *testing.T) {
	tests := []struct {
		name     string
		function map[string]any
		options  lambda.Options
		parallel int // number of invocations that may run at once
		reason   types.ThrottleReason
	}{
		{
			name: "reserved for the function", function: map[string]any{"ReservedConcurrentExecutions": 2}, parallel: 2,
			reason: types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded,
		},
		{
			name: "zero reserved for the function", function: map[string]any{"ReservedConcurrentExecutions": 0}, parallel: 0,
			reason: types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded,
		},
		{
			name: "limit of the account", options: lambda.Options{Concurrency: 3}, parallel: 3,
			reason: types.ThrottleReasonConcurrentInvocationLimitExceeded,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			entered, leave := make(chan struct{}), make(chan struct{})
			h := goHost(t, func(context.Context, []byte) ([]byte, error) {
				entered <- struct{}{}
				<-leave
				return []byte("null"), nil
			}, test.options)
			h.function(test.function)
			for range test.parallel {
				go func() {
					if _, err := h.try(command{}); err != nil {
						t.Error(err)
					}
					entered <- struct{}{}
				}()
				<-entered
			}
			_, err := h.try(command{})
			var throttle *types.TooManyRequestsException
			if !errors.As(err, &throttle) || throttle.Reason != test.reason {
				t.Errorf("got %v, want TooManyRequestsException because of %s", err, test.reason)
			}
			if _, status := code(err); status != http.StatusTooManyRequests {
				t.Errorf("got status %d, want 429", status)
			}
			for range test.parallel {
				leave <- struct{}{}
				<-entered
			}
		})
	}
}

func TestErrorNamesAnOperationThatIsNotImplemented(t *testing.T) {
	h := goHost(t, echo, lambda.Options{})
	h.function(nil)
	_, err := h.client.GetFunction(t.Context(), &sdk.GetFunctionInput{FunctionName: aws.String("work")})
	if err == nil || !strings.Contains(err.Error(), "GET /2015-03-31/functions/work") {
		t.Errorf("got %v, want an error that names the path", err)
	}
}

func TestFunctionRunsOnAfterTheCallerCancels(t *testing.T) {
	finished := make(chan struct{})
	started := make(chan struct{})
	h := goHost(t, func(ctx context.Context, _ []byte) ([]byte, error) {
		close(started)
		select {
		case <-ctx.Done():
			t.Error("the function was stopped")
		case <-time.After(50 * time.Millisecond):
		}
		close(finished)
		return []byte("null"), nil
	}, lambda.Options{})
	h.function(nil)
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-started
		leave()
	}()
	if _, err := h.client.Invoke(ctx, &sdk.InvokeInput{FunctionName: aws.String("work")}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	<-finished
}
