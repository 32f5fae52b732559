package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/lambda"
	"github.com/oralake/oralake/test/aws/resource"
)

var here = account.Account{ID: "123456789012", Region: "eu-central-1"}

const role = "arn:aws:iam::123456789012:role/worker"

// anyUser accepts every access key as the key of a user.
type anyUser struct{}

func (anyUser) Principal(key string) (gateway.Principal, error) {
	return gateway.Principal{ARN: "arn:aws:iam::123456789012:user/" + key}, nil
}

// roles has one role.
type roles struct{}

func (roles) FunctionCredentials(arn, session string) (aws.Credentials, error) {
	if arn != role {
		return aws.Credentials{}, errors.New("no role " + arn)
	}
	return aws.Credentials{AccessKeyID: "ASIA" + session, SecretAccessKey: "secret", SessionToken: "token"}, nil
}

// objects holds zip files by object key.
type objects map[string][]byte

func (o objects) Object(_ context.Context, bucket, key string) ([]byte, error) {
	b, ok := o[key]
	if !ok {
		return nil, fmt.Errorf("NoSuchKey: s3://%s/%s", bucket, key)
	}
	return b, nil
}

// lines collects log lines by group.
type lines struct {
	mu  sync.Mutex
	all map[string][]string
}

func (l *lines) Put(group, _, message string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[string][]string{}
	}
	l.all[group] = append(l.all[group], message)
}

func (l *lines) of(group string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.all[group]...)
}

// host is a Lambda service behind a gateway with a real client.
type host struct {
	*testing.T
	service *lambda.Service
	client  *sdk.Client
	logs    *lines
	objects objects
}

func newHost(t *testing.T, c clock.Clock, options lambda.Options) *host {
	t.Helper()
	h := &host{T: t, logs: &lines{}, objects: objects{}}
	var err error
	h.service, err = lambda.New(here, c, roles{}, h.objects, h.logs, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.service.Close(); err != nil {
			t.Error(err)
		}
	})
	g := gateway.New(anyUser{})
	g.Handle("lambda", h.service.Handler())
	user := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "tester", SecretAccessKey: "secret"}, nil
	})
	h.client = sdk.NewFromConfig(g.Config(here.Region, user), func(o *sdk.Options) { o.Retryer = aws.NopRetryer{} })
	return h
}

// properties returns the properties of a valid function, with changes.
func properties(changes map[string]any) map[string]any {
	p := map[string]any{
		"FunctionName": "work", "Handler": "bootstrap", "Runtime": "provided.al2023", "Role": role,
		"Code": map[string]any{"S3Bucket": "assets", "S3Key": "code.zip"}, "Timeout": 10, "MemorySize": 256,
	}
	maps.Copy(p, changes)
	return p
}

func (h *host) create(typeName string, p map[string]any) (resource.Resource, error) {
	h.Helper()
	return h.service.Resources()[typeName].Create(h.Context(), request(h.T, p))
}

func request(t *testing.T, p map[string]any) resource.Request {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return resource.Request{StackName: "stack", LogicalID: "Work", Properties: b}
}

// function creates the function "work", with the test binary as its code.
func (h *host) function(changes map[string]any) {
	h.Helper()
	if h.objects["code.zip"] == nil {
		h.objects["code.zip"] = bootstrapZip(h.T)
	}
	if _, err := h.create("AWS::Lambda::Function", properties(changes)); err != nil {
		h.Fatal(err)
	}
}

// invoke invokes the function "work". It ends the test when Invoke returns an error.
func (h *host) invoke(c command) *sdk.InvokeOutput {
	h.Helper()
	out, err := h.try(c)
	if err != nil {
		h.Fatal(err)
	}
	return out
}

// try invokes the function "work".
func (h *host) try(c command) (*sdk.InvokeOutput, error) {
	payload, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return h.client.Invoke(context.Background(), &sdk.InvokeInput{
		FunctionName: aws.String("work"), Payload: payload, LogType: types.LogTypeTail,
	})
}

// reply invokes the function "work" and returns its response. It ends the test when the function fails.
func (h *host) reply(c command) reply {
	h.Helper()
	out := h.invoke(c)
	if out.FunctionError != nil {
		h.Fatalf("%s: %s", *out.FunctionError, out.Payload)
	}
	var r reply
	if err := json.Unmarshal(out.Payload, &r); err != nil {
		h.Fatalf("%s: %v", out.Payload, err)
	}
	return r
}

// eventually waits up to 5 seconds for a condition that depends on another process.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if condition() {
			return
		}
	}
	t.Fatal("not within 5 seconds: " + what)
}

func mustContain(t *testing.T, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("got %q, want it to contain %q", got, want)
	}
}
