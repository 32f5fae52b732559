package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/lambda"
)

func TestGoFunctionGetsTheFunctionsConfiguration(t *testing.T) {
	var got lambda.Function
	h := newHost(t, clock.Clock{}, lambda.Options{
		Environment: map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1", "TABLE": "overridden"},
		InProcess: func(f lambda.Function) (lambda.InvokeFunc, error) {
			got = f
			return awslambda.NewHandler(handle).Invoke, nil
		},
	})
	h.function(map[string]any{"Environment": map[string]any{"Variables": map[string]any{"TABLE": "stats"}}})
	if text := h.reply(command{Do: "echo", Text: "hello"}).Text; text != "hello" {
		t.Errorf("got %q, want hello", text)
	}
	got.Log("a line")
	mustContain(t, fmt.Sprint(h.logs.of("/aws/lambda/work")), "a line")
	got.Log, got.LogStream = nil, ""
	want := lambda.Function{
		Name: "work", ARN: "arn:aws:lambda:eu-central-1:123456789012:function:work", StackName: "stack", LogicalID: "Work",
		Handler: "bootstrap", Environment: map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1", "TABLE": "stats"},
		Credentials: aws.Credentials{AccessKeyID: "ASIAwork", SecretAccessKey: "secret", SessionToken: "token"},
		CodeBucket:  "assets", CodeKey: "code.zip", LogGroup: "/aws/lambda/work",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("function (-want +got):\n%s", diff)
	}
}

// Replace runs one function in this process. It returns nil for another, which runs its bootstrap.
func TestReplaceABootstrap(t *testing.T) {
	replace := func(f lambda.Function) (lambda.InvokeFunc, error) {
		if f.Environment["REPLACED"] == "" {
			return nil, nil
		}
		return func(context.Context, []byte) ([]byte, error) { return []byte(`{"text":"a Go function"}`), nil }, nil
	}
	for replaced, want := range map[string]string{"": "a process", "yes": "a Go function"} {
		h := newHost(t, clock.Clock{}, lambda.Options{Replace: replace})
		h.function(map[string]any{"Environment": map[string]any{"Variables": map[string]any{"REPLACED": replaced}}})
		if got := h.reply(command{Do: "echo", Text: "a process"}).Text; got != want {
			t.Errorf("REPLACED=%q: got %q, want %q", replaced, got, want)
		}
	}
}

// The payloads of errors equal those of a process. See TestFunctionErrors.
func TestGoFunctionErrors(t *testing.T) {
	tests := map[string]struct {
		command command
		want    string
	}{
		"an error":        {command{Do: "fail", Text: "T"}, `{"errorMessage":"no table T","errorType":"tableMissing"}`},
		"a wrapped error": {command{Do: "plain fail", Text: "full"}, `{"errorMessage":"while loading: full","errorType":"wrapError"}`},
		"a panic":         {command{Do: "panic", Text: "boom"}, `{"errorMessage":"boom","errorType":"string"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			environments := 0
			h := newHost(t, clock.Clock{}, lambda.Options{InProcess: func(lambda.Function) (lambda.InvokeFunc, error) {
				environments++
				return awslambda.NewHandler(handle).Invoke, nil
			}})
			h.function(nil)
			out := h.invoke(test.command)
			if out.FunctionError == nil || string(out.Payload) != test.want {
				t.Errorf("got %v %s, want Unhandled %s", out.FunctionError, out.Payload, test.want)
			}
			h.reply(command{Do: "echo"})
			if want := map[bool]int{true: 2, false: 1}[test.command.Do == "panic"]; environments != want {
				t.Errorf("got %d environments, want %d: a panic ends one, an error does not", environments, want)
			}
		})
	}
}

func TestInitErrorOfAGoFunction(t *testing.T) {
	h := newHost(t, clock.Clock{}, lambda.Options{InProcess: func(lambda.Function) (lambda.InvokeFunc, error) {
		return nil, errors.New("ORALAKE_TABLE is not set")
	}})
	h.function(nil)
	out := h.invoke(command{})
	if want := `{"errorMessage":"ORALAKE_TABLE is not set","errorType":"errorString"}`; string(out.Payload) != want {
		t.Errorf("got %s, want %s", out.Payload, want)
	}
}

func TestVirtualTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := goHost(t, func(ctx context.Context, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, lambda.Options{})
		h.function(map[string]any{"Timeout": 900})
		begin := time.Now()
		out := h.invoke(command{})
		if got := time.Since(begin); got != 15*time.Minute {
			t.Errorf("took %s, want 15m", got)
		}
		mustContain(t, string(out.Payload), `"errorType":"Sandbox.Timedout"`)
		mustContain(t, string(out.Payload), "Task timed out after 900.00 seconds")
	})
}

// The function calls services with the credentials of its role and with its trace.
func TestRoleAndTraceOfCalls(t *testing.T) {
	var calls []gateway.Call
	g := gateway.New(anyUser{})
	g.Observe(func(c gateway.Call) { calls = append(calls, c) })
	h := newHost(t, clock.Clock{}, lambda.Options{InProcess: func(f lambda.Function) (lambda.InvokeFunc, error) {
		config := g.Config(here.Region, aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return f.Credentials, nil
		}))
		config.APIOptions = append(config.APIOptions, lambda.PropagateTrace)
		client := sdk.NewFromConfig(config)
		return func(ctx context.Context, _ []byte) ([]byte, error) {
			_, err := client.Invoke(ctx, &sdk.InvokeInput{
				FunctionName: aws.String("work"), InvocationType: types.InvocationTypeDryRun,
			})
			return []byte(`"` + lambda.TraceFrom(ctx) + `"`), err
		}, nil
	}})
	g.Handle("lambda", h.service.Handler())
	h.function(map[string]any{"TracingConfig": map[string]any{"Mode": "Active"}})
	var trace string
	if err := json.Unmarshal(h.invoke(command{}).Payload, &trace); err != nil {
		t.Fatal(err)
	}
	mustContain(t, trace, "Sampled=1")
	root, _, _ := strings.Cut(trace, ";")
	if len(calls) != 1 || calls[0].Operation != "Invoke" || "Root="+calls[0].Trace != root {
		t.Errorf("got calls %+v, want one with the trace root of %s", calls, trace)
	}
	if got := calls[0].Principal.ARN; got != "arn:aws:iam::123456789012:user/ASIAwork" {
		t.Errorf("principal: got %s, want the function's role", got)
	}
}

func TestEventIsRetriedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var at []time.Duration
		h := goHost(t, func(context.Context, []byte) ([]byte, error) {
			at = append(at, time.Since(begin))
			return nil, errors.New("not today")
		}, lambda.Options{})
		h.function(nil)
		sendEvent(t, h)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		want := []time.Duration{0, time.Minute, 3 * time.Minute}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
	})
}

func TestThrottledEventWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ran := 0
		h := goHost(t, func(ctx context.Context, _ []byte) ([]byte, error) {
			ran++
			time.Sleep(20 * time.Second)
			return []byte("null"), nil
		}, lambda.Options{})
		h.function(map[string]any{"ReservedConcurrentExecutions": 1, "Timeout": 60})
		sendEvent(t, h)
		sendEvent(t, h)
		time.Sleep(time.Hour)
		synctest.Wait()
		if ran != 2 {
			t.Errorf("ran %d times, want 2: the second event waits for the first", ran)
		}
	})
}

func TestCloseDropsWaitingEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := goHost(t, func(context.Context, []byte) ([]byte, error) { return nil, errors.New("no") }, lambda.Options{})
		h.function(nil)
		sendEvent(t, h)
		synctest.Wait()
		begin := time.Now()
		if err := h.service.Close(); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(begin); got != 0 {
			t.Errorf("closing took %s, want no time", got)
		}
	})
}

func sendEvent(t *testing.T, h *host) {
	t.Helper()
	out, err := h.client.Invoke(t.Context(), &sdk.InvokeInput{
		FunctionName: aws.String("work"), InvocationType: types.InvocationTypeEvent, Payload: []byte(`{}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if out.StatusCode != 202 {
		t.Errorf("got status %d, want 202", out.StatusCode)
	}
}
