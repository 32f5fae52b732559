package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/lambda"
)

// recorder runs a Go function that makes three requests to AWS, ten seconds apart. It records what the function did.
type recorder struct {
	*host
	mu       sync.Mutex
	requests int      // number of requests that reached AWS
	events   []string // "begin", "end" or "error" of the handler
}

func (d *recorder) note(event string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, event)
}

// seen returns the events and the number of requests so far.
func (d *recorder) seen() string {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	return fmt.Sprintf("%s; %d requests", strings.Join(d.events, " "), d.requests)
}

func newRecorder(t *testing.T, faults lambda.Faults) *recorder {
	t.Helper()
	d := &recorder{}
	g := gateway.New(anyUser{})
	function := func(f lambda.Function) (lambda.InvokeFunc, error) {
		config := g.Config(here.Region, aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return f.Credentials, nil
		}))
		config.APIOptions = append(config.APIOptions, lambda.PropagateTrace, lambda.WithinInvocation)
		client := sdk.NewFromConfig(config)
		return func(ctx context.Context, _ []byte) ([]byte, error) {
			d.note("begin")
			for range 3 {
				if _, err := client.Invoke(ctx, &sdk.InvokeInput{
					FunctionName: aws.String("work"), InvocationType: types.InvocationTypeDryRun,
				}); err != nil {
					d.note("error")
					return nil, err
				}
				time.Sleep(10 * time.Second)
			}
			d.note("end")
			return []byte(`"done"`), nil
		}, nil
	}
	d.host = newHost(t, clock.Clock{}, lambda.Options{Faults: faults, InProcess: function})
	g.Handle("lambda", d.service.Handler())
	g.Observe(func(gateway.Call) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.requests++
	})
	d.function(map[string]any{"Timeout": 60})
	return d
}

// once returns Faults that apply f to the first invocation only.
func once(f lambda.Fault) lambda.Faults {
	var mu sync.Mutex
	return func(lambda.FunctionCall) lambda.Fault {
		mu.Lock()
		defer mu.Unlock()
		now := f
		f = lambda.Fault{}
		return now
	}
}

func TestFaultsOfGoFunction(t *testing.T) {
	const (
		done     = `"done"`
		died     = `RequestId: ID Error: Runtime exited with error: signal: killed (Runtime.ExitError)`
		timedOut = `RequestId: ID Error: Task timed out after 60.00 seconds (Sandbox.Timedout)`
		nothing  = "; 0 requests"
		all      = "begin end; 3 requests"
	)
	during := func(requests int, after time.Duration) lambda.Fault {
		return lambda.Fault{Kill: lambda.DuringHandler, Requests: requests, After: after}
	}
	late := func(f lambda.Fault) lambda.Fault {
		f.TimeOut = true
		return f
	}
	again := func(f lambda.Fault, again lambda.Again) lambda.Fault {
		f.Again = again
		return f
	}
	tests := map[string]struct {
		fault  lambda.Fault
		answer string
		took   time.Duration
		seen   string // what the recorder has seen two hours later
	}{
		"none":                      {lambda.Fault{}, done, 30 * time.Second, all},
		"throttled":                 {lambda.Fault{Refuse: lambda.TooManyRequests()}, "TooManyRequestsException", 0, nothing},
		"service error":             {lambda.Fault{Refuse: lambda.ServiceError()}, "ServiceException", 0, nothing},
		"killed before the handler": {lambda.Fault{Kill: lambda.BeforeHandler}, died, 0, nothing},
		"killed at 2nd request":     {during(2, 0), died, 10 * time.Second, "begin; 2 requests"},
		"killed after 5 seconds":    {during(0, 5*time.Second), died, 5 * time.Second, "begin; 1 requests"},
		"killed after 25 seconds":   {during(0, 25*time.Second), died, 25 * time.Second, all},
		"returns before the kill":   {during(4, 0), done, 30 * time.Second, all},
		"killed after the handler":  {lambda.Fault{Kill: lambda.AfterHandler}, died, 30 * time.Second, all},
		"timed out before":          {late(lambda.Fault{Kill: lambda.BeforeHandler}), timedOut, time.Minute, nothing},
		"timed out during":          {late(during(1, 0)), timedOut, time.Minute, "begin; 1 requests"},
		"timed out after":           {late(lambda.Fault{Kill: lambda.AfterHandler}), timedOut, time.Minute, all},
		"invoked twice": {
			again(lambda.Fault{}, lambda.OneAfterTheOther), done, time.Minute, "begin end begin end; 6 requests",
		},
		"invoked twice at once": {
			again(lambda.Fault{}, lambda.AtTheSameTime), done, 30 * time.Second, "begin begin end end; 6 requests",
		},
		"killed and invoked again": {
			again(during(2, 0), lambda.OneAfterTheOther), done, 40 * time.Second, "begin begin end; 5 requests",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newRecorder(t, once(test.fault))
				begin := time.Now()
				out, err := d.try(command{})
				if got := answered(out, err); got != test.answer {
					t.Errorf("got %s, want %s", got, test.answer)
				}
				if got := time.Since(begin); got != test.took {
					t.Errorf("took %s, want %s", got, test.took)
				}
				// A killed handler does not continue, not even after the function's timeout.
				time.Sleep(2 * time.Hour)
				if got := d.seen(); got != test.seen {
					t.Errorf("saw %q, want %q", got, test.seen)
				}
				d.mu.Lock()
				d.events = nil
				d.mu.Unlock()
				if got := answered(d.try(command{})); got != `"done"` {
					t.Errorf("the next invocation: got %s, want done", got)
				}
			})
		})
	}
}

// answered returns the response of a function, or the error that the caller gets.
func answered(out *sdk.InvokeOutput, err error) string {
	var e smithy.APIError
	switch {
	case errors.As(err, &e):
		return e.ErrorCode()
	case err != nil:
		return err.Error()
	case out.FunctionError == nil:
		return string(out.Payload)
	}
	var payload struct{ ErrorType, ErrorMessage string }
	if err := json.Unmarshal(out.Payload, &payload); err != nil {
		return string(out.Payload)
	}
	if id, rest, ok := strings.Cut(strings.TrimPrefix(payload.ErrorMessage, "RequestId: "), " "); ok && len(id) == 36 {
		payload.ErrorMessage = "RequestId: ID " + rest
	}
	return payload.ErrorMessage + " (" + payload.ErrorType + ")"
}

func TestCloseReleasesAKilledHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newRecorder(t, once(lambda.Fault{Kill: lambda.DuringHandler, Requests: 1}))
		d.invoke(command{})
		if err := d.service.Close(); err != nil {
			t.Fatal(err)
		}
		if got, want := d.seen(), "begin error; 1 requests"; got != want {
			t.Errorf("saw %q, want %q", got, want)
		}
	})
}

// Lambda retries an event after each fault. FunctionCall.Attempt counts the attempts.
func TestFaultsOfAnEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls []lambda.FunctionCall
		d := newRecorder(t, func(c lambda.FunctionCall) lambda.Fault {
			calls = append(calls, c)
			switch len(calls) {
			case 1:
				return lambda.Fault{Kill: lambda.BeforeHandler}
			case 2:
				return lambda.Fault{Refuse: lambda.TooManyRequests()}
			default:
				return lambda.Fault{}
			}
		})
		sendEvent(t, d.host)
		time.Sleep(time.Hour)
		if got, want := d.seen(), "begin end; 3 requests"; got != want {
			t.Errorf("saw %q, want %q", got, want)
		}
		if len(calls) == 0 {
			t.Fatal("Faults was not called")
		}
		id, trace := calls[0].RequestID, calls[0].Trace
		if id == "" || trace == "" {
			t.Errorf("got request %q and trace %q", id, trace)
		}
		want := make([]lambda.FunctionCall, 3)
		for i := range want {
			want[i] = lambda.FunctionCall{
				Function: "work", RequestID: id, Trace: trace, Payload: []byte("{}"), Event: true, Attempt: i + 1,
			}
		}
		if diff := cmp.Diff(calls, want); diff != "" {
			t.Errorf("calls: got -, want +:\n%s", diff)
		}
	})
}

func TestFaultsOfAProcess(t *testing.T) {
	const (
		died = `RequestId: ID Error: Runtime exited with error: signal: killed (Runtime.ExitError)`
		late = `RequestId: ID Error: Task timed out after 2.00 seconds (Sandbox.Timedout)`
	)
	work := command{Do: "print", Text: "worked", Count: 1}
	tests := map[string]struct {
		command command
		fault   lambda.Fault
		answer  string
		worked  int // how often the handler wrote its line
	}{
		"service error":             {work, lambda.Fault{Refuse: lambda.ServiceError()}, "ServiceException", 0},
		"killed before the handler": {work, lambda.Fault{Kill: lambda.BeforeHandler}, died, 0},
		"killed during the handler": {
			command{Do: "sleep", Count: 60_000},
			lambda.Fault{Kill: lambda.DuringHandler, After: 50 * time.Millisecond},
			died, 0,
		},
		"killed after the handler":    {work, lambda.Fault{Kill: lambda.AfterHandler}, died, 1},
		"timed out after the handler": {work, lambda.Fault{Kill: lambda.AfterHandler, TimeOut: true}, late, 1},
		"invoked twice":               {work, lambda.Fault{Again: lambda.OneAfterTheOther}, `{}`, 2},
		"killed at a request": {
			work,
			lambda.Fault{Kill: lambda.DuringHandler, Requests: 1},
			"UnknownOperationException", 0,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, clock.Clock{}, lambda.Options{Faults: once(test.fault)})
			h.function(map[string]any{"Timeout": 2})
			if got := answered(h.try(test.command)); got != test.answer {
				t.Errorf("got %s, want %s", got, test.answer)
			}
			if got := strings.Count(strings.Join(h.logs.of("/aws/lambda/work"), "\n"), "worked 0"); got != test.worked {
				t.Errorf("the handler ran %d times, want %d", got, test.worked)
			}
			if got := h.reply(command{Do: "echo", Text: "next"}).Text; got != "next" {
				t.Errorf("the next invocation: got %q, want next", got)
			}
		})
	}
}
