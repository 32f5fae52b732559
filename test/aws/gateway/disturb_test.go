package gateway_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
)

// counter is an account whose services count the calls that took effect.
type counter struct {
	*gateway.Gateway
	mu    sync.Mutex
	stops []string
	calls []gateway.Call
}

// effects returns the tasks that were stopped.
func (c *counter) effects() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.stops)
}

type stopInput struct{ ReplicationTaskArn string }

func newCounter() *counter {
	c := &counter{Gateway: gateway.New(anyone{})}
	c.Handle("dms", gateway.JSON("dms", map[string]gateway.Operation{
		"StopReplicationTask": gateway.Op(func(_ context.Context, in stopInput) (gateway.Empty, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.stops = append(c.stops, in.ReplicationTaskArn)
			return gateway.Empty{}, nil
		}),
	}))
	c.Handle("sts", gateway.Query("sts", "https://sts.amazonaws.com/doc/2011-06-15/", map[string]gateway.QueryOperation{
		"GetCallerIdentity": func(context.Context, url.Values) (any, error) { return nil, nil },
	}))
	c.Handle("s3", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		gateway.SetOperation(r.Context(), "HeadOrGet")
	}))
	c.Observe(func(call gateway.Call) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.calls = append(c.calls, call)
	})
	return c
}

// stop stops the task "t" with a client that makes at most attempts attempts.
func (c *counter) stop(ctx context.Context, attempts int) error {
	config := c.config()
	config.RetryMaxAttempts = attempts
	return stop(ctx, config)
}

func (c *counter) config() aws.Config {
	return c.Config("eu-central-1", credentials.NewStaticCredentialsProvider("a", "b", ""))
}

func stop(ctx context.Context, config aws.Config) error {
	_, err := databasemigrationservice.NewFromConfig(config).StopReplicationTask(ctx,
		&databasemigrationservice.StopReplicationTaskInput{ReplicationTaskArn: aws.String("t")})
	return err
}

// script disturbs the calls in order, each with one disturbance.
func script(all ...gateway.Disturbance) func(gateway.Call) gateway.Disturbance {
	var mu sync.Mutex
	return func(gateway.Call) gateway.Disturbance {
		mu.Lock()
		defer mu.Unlock()
		if len(all) == 0 {
			return gateway.Disturbance{}
		}
		next := all[0]
		all = all[1:]
		return next
	}
}

func TestDisturbedCalls(t *testing.T) {
	tests := map[string]struct {
		d       gateway.Disturbance
		code    string        // of the error without a retry; "cut" for a connection error
		takes   time.Duration // without a retry
		effects int           // without a retry
		status  int
	}{
		"none":         {gateway.Disturbance{}, "", 0, 1, 200},
		"throttled":    {gateway.Disturbance{Refuse: gateway.Throttled()}, "ThrottlingException", 0, 0, 400},
		"failed":       {gateway.Disturbance{Refuse: gateway.Failed()}, "InternalFailure", 0, 0, 500},
		"unavailable":  {gateway.Disturbance{Refuse: gateway.Unavailable()}, "ServiceUnavailable", 0, 0, 503},
		"slow request": {gateway.Disturbance{Before: time.Hour}, "", time.Hour, 1, 200},
		"slow answer":  {gateway.Disturbance{After: time.Hour}, "", time.Hour, 1, 200},
		"slow and refused": {
			gateway.Disturbance{Before: time.Minute, Refuse: gateway.Failed()}, "InternalFailure", time.Minute, 0, 500,
		},
		"lost":                {gateway.Disturbance{Lost: true}, "cut", 0, 1, 200},
		"lost after a minute": {gateway.Disturbance{Lost: true, After: time.Minute}, "cut", time.Minute, 1, 200},
		"refusal lost":        {gateway.Disturbance{Lost: true, Refuse: gateway.Failed()}, "cut", 0, 0, 500},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCounter()
				c.Disturb(clock.Clock{}, script(test.d, test.d))
				begin := time.Now()
				err := c.stop(t.Context(), 1)
				if got := code(err); got != test.code {
					t.Errorf("got error %q (%v), want %q", got, err, test.code)
				}
				if got := time.Since(begin); got != test.takes {
					t.Errorf("took %s, want %s", got, test.takes)
				}
				if got := len(c.effects()); got != test.effects {
					t.Errorf("took effect %d times, want %d", got, test.effects)
				}
				want := gateway.Call{
					Service: "dms", Operation: "StopReplicationTask", Principal: gateway.Principal{ARN: "a"},
					Status: test.status, Lost: test.d.Lost,
				}
				if diff := cmp.Diff(c.calls, []gateway.Call{want}); diff != "" {
					t.Errorf("calls: got -, want +:\n%s", diff)
				}
				// An SDK client that retries succeeds despite every disturbance.
				if err := c.stop(t.Context(), 2); err != nil {
					t.Errorf("retried: %v", err)
				}
			})
		})
	}
}

// code returns the error code of AWS, or "cut" for a connection error.
func code(err error) string {
	var e smithy.APIError
	var cut interface{ ConnectionError() bool }
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.ErrorCode()
	case errors.As(err, &cut) && cut.ConnectionError():
		return "cut"
	default:
		return err.Error()
	}
}

func TestDisturbIsAskedOnceForEachCall(t *testing.T) {
	c := newCounter()
	var asked []gateway.Call
	c.Disturb(clock.Clock{}, func(call gateway.Call) gateway.Disturbance {
		asked = append(asked, call)
		return gateway.Disturbance{Refuse: gateway.Unavailable()}
	})
	config := c.config()
	config.RetryMaxAttempts = 1
	_, err := sts.NewFromConfig(config).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if got := code(err); got != "ServiceUnavailable" {
		t.Errorf("sts: got %q, want ServiceUnavailable: %v", got, err)
	}
	_, err = s3.NewFromConfig(config).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if got := code(err); got != "ServiceUnavailable" {
		t.Errorf("s3: got %q, want ServiceUnavailable: %v", got, err)
	}
	who := gateway.Principal{ARN: "a"}
	want := []gateway.Call{
		{Service: "sts", Operation: "GetCallerIdentity", Principal: who},
		{Service: "s3", Operation: "HeadOrGet", Principal: who},
	}
	if diff := cmp.Diff(asked, want); diff != "" {
		t.Errorf("asked: got -, want +:\n%s", diff)
	}
	c.Disturb(clock.Clock{}, nil)
	if err := c.stop(t.Context(), 1); err != nil || len(asked) != 2 {
		t.Errorf("undisturbed: %v, asked %d times, want 2", err, len(asked))
	}
}

// A call takes effect even if its caller has left.
func TestACallTakesEffectWithoutItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter()
		c.Disturb(clock.Clock{Scale: 60}, script(gateway.Disturbance{Before: time.Hour}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.stop(ctx, 3); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want a timeout", err)
		}
		if got := c.effects(); len(got) != 0 {
			t.Errorf("took effect at once: %q", got)
		}
		time.Sleep(time.Minute) // an hour on the clock
		synctest.Wait()
		if diff := cmp.Diff(c.effects(), []string{"t"}); diff != "" {
			t.Errorf("effects: got -, want +:\n%s", diff)
		}
	})
}

func TestCloseDropsDelayedCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter()
		c.Disturb(clock.Clock{}, script(gateway.Disturbance{Before: time.Hour}))
		begin := time.Now()
		time.AfterFunc(time.Minute, c.Close)
		if got := code(c.stop(t.Context(), 1)); got != "cut" || len(c.effects()) != 0 {
			t.Errorf("got %q and effects %q, want a cut connection and none", got, c.effects())
		}
		if got := time.Since(begin); got != time.Minute {
			t.Errorf("took %s, want 1m", got)
		}
		c.Close()
	})
}

func TestLostOverASocket(t *testing.T) {
	c := newCounter()
	lost := gateway.Disturbance{Lost: true}
	c.Disturb(clock.Clock{}, script(lost, gateway.Disturbance{}, lost))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: c.Gateway}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		<-served
	})
	config := c.config()
	config.HTTPClient = &http.Client{Transport: &http.Transport{}}
	config.BaseEndpoint = aws.String("http://" + listener.Addr().String())
	config.RetryMaxAttempts = 1
	var got []string
	for range 3 {
		got = append(got, code(stop(t.Context(), config)))
	}
	if diff := cmp.Diff(got, []string{"cut", "", "cut"}); diff != "" {
		t.Errorf("answers: got -, want +:\n%s", diff)
	}
	if got := len(c.effects()); got != 3 {
		t.Errorf("took effect %d times, want 3", got)
	}
}
