package scheduler_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/scheduler"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
	"github.com/oralake/oralake/test/aws/scheduler"
)

var here = account.Account{ID: "123456789012", Region: "eu-central-1"}

const (
	role       = "arn:aws:iam::123456789012:role/starter"
	machine    = "arn:aws:states:eu-central-1:123456789012:stateMachine:migration"
	deadLetter = "arn:aws:sqs:eu-central-1:123456789012:dead-letters"
)

// principals treats access keys that begin with ASIA as keys of the role. All others are keys of a user.
type principals struct{}

func (principals) Principal(key string) (gateway.Principal, error) {
	if len(key) > 4 && key[:4] == "ASIA" {
		return gateway.Principal{ARN: "arn:aws:sts::123456789012:assumed-role/starter/" + key[4:], Role: role}, nil
	}
	return gateway.Principal{ARN: "arn:aws:iam::123456789012:user/" + key}, nil
}

type roles struct{}

func (roles) Credentials(arn, session string) (aws.Credentials, error) {
	if arn != role {
		return aws.Credentials{}, errors.New("no role " + arn)
	}
	return aws.Credentials{AccessKeyID: "ASIA" + session, SecretAccessKey: "secret", SessionToken: "token"}, nil
}

// call is one call that a target received.
type call struct {
	At        time.Time
	Operation string
	Principal string
	Body      map[string]any
}

// targets serves Step Functions and SQS, and records the calls.
type targets struct {
	mu    sync.Mutex
	calls []call
	fail  func(operation string, n int) error // returns the error of call n of an operation, from 1
	count map[string]int
}

func (s *targets) record(ctx context.Context, operation string, body []byte) (map[string]any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fields := map[string]any{}
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	s.calls = append(s.calls, call{time.Now(), operation, gateway.PrincipalFrom(ctx).ARN, fields})
	if s.count == nil {
		s.count = map[string]int{}
	}
	s.count[operation]++
	if s.fail != nil {
		return fields, s.fail(operation, s.count[operation])
	}
	return fields, nil
}

func (s *targets) of(operation string) []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var some []call
	for _, c := range s.calls {
		if c.Operation == operation {
			some = append(some, c)
		}
	}
	return some
}

func (s *targets) register(g *gateway.Gateway) {
	g.Handle("states", gateway.JSON("states", map[string]gateway.Operation{
		"StartExecution": func(ctx context.Context, body []byte) (any, error) {
			fields, err := s.record(ctx, "StartExecution", body)
			if err != nil {
				return nil, err
			}
			arn := fmt.Sprintf("arn:aws:states:eu-central-1:123456789012:execution:migration:%s", fields["name"])
			return map[string]any{"executionArn": arn, "startDate": 1}, nil
		},
	}))
	g.Handle("sqs", gateway.JSON("sqs", map[string]gateway.Operation{
		"SendMessage": func(ctx context.Context, body []byte) (any, error) {
			fields, err := s.record(ctx, "SendMessage", body)
			if err != nil {
				return nil, err
			}
			sum := md5.Sum([]byte(fields["MessageBody"].(string)))
			return map[string]string{"MessageId": "1", "MD5OfMessageBody": hex.EncodeToString(sum[:])}, nil
		},
	}))
}

// host is a Scheduler behind a gateway with a real client.
type host struct {
	*testing.T
	service    *scheduler.Service
	gateway    *gateway.Gateway
	client     *sdk.Client
	targets    *targets
	deliveries chan scheduler.Delivery
}

func newHost(t *testing.T) *host {
	t.Helper()
	g := gateway.New(principals{})
	h := &host{T: t, gateway: g, targets: &targets{}, deliveries: make(chan scheduler.Delivery, 10_000)}
	h.targets.register(g)
	h.service = scheduler.New(here, clock.Clock{}, g, roles{})
	h.service.Observe(func(d scheduler.Delivery) { h.deliveries <- d })
	g.Handle("scheduler", h.service.Handler())
	h.client = sdk.NewFromConfig(h.config("tester"), func(o *sdk.Options) { o.Retryer = aws.NopRetryer{} })
	t.Cleanup(func() {
		if err := h.service.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *host) config(key string) aws.Config {
	return h.gateway.Config(here.Region, aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: key, SecretAccessKey: "secret"}, nil
	}))
}

// nightly returns the properties of a valid schedule.
func nightly() map[string]any {
	return map[string]any{
		"Name": "nightly", "ScheduleExpression": "cron(0 2 * * ? *)", "ScheduleExpressionTimezone": "Europe/Berlin",
		"FlexibleTimeWindow": map[string]any{"Mode": "OFF"},
		"Target":             map[string]any{"Arn": machine, "RoleArn": role, "Input": `{"job":"orders"}`},
	}
}

// change changes the properties of a schedule.
type change func(properties map[string]any)

func set(name string, value any) change {
	return func(properties map[string]any) { properties[name] = value }
}

func setTarget(name string, value any) change {
	return func(properties map[string]any) { properties["Target"].(map[string]any)[name] = value }
}

// withQueue gives a schedule a retry policy and a dead-letter queue.
func withQueue(attempts, age int) change {
	return func(properties map[string]any) {
		setTarget("RetryPolicy", map[string]any{
			"MaximumRetryAttempts": attempts, "MaximumEventAgeInSeconds": age,
		})(properties)
		setTarget("DeadLetterConfig", map[string]any{"Arn": deadLetter})(properties)
	}
}

// trySchedule creates the nightly schedule with changes and returns the error.
func (h *host) trySchedule(changes ...change) error {
	properties := nightly()
	for _, change := range changes {
		change(properties)
	}
	_, err := h.create("AWS::Scheduler::Schedule", properties)
	return err
}

// schedule creates the nightly schedule with changes. It ends the test on an error.
func (h *host) schedule(changes ...change) {
	h.Helper()
	if err := h.trySchedule(changes...); err != nil {
		h.Fatal(err)
	}
}

func (h *host) create(typeName string, properties map[string]any) (resource.Resource, error) {
	h.Helper()
	return h.service.Resources()[typeName].Create(context.Background(), request(h.T, properties))
}

func request(t *testing.T, properties map[string]any) resource.Request {
	t.Helper()
	b, err := json.Marshal(properties)
	if err != nil {
		t.Fatal(err)
	}
	name, _ := properties["Name"].(string)
	return resource.Request{StackName: "oralake-sales", LogicalID: "DailyOrders", PhysicalID: name, Properties: b}
}
