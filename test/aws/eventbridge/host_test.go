package eventbridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/eventbridge"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam"
	"github.com/oralake/oralake/test/aws/resource"
	"github.com/oralake/oralake/test/aws/sqs"
	"github.com/oralake/oralake/test/aws/stepfunctions"
)

var acct = account.Account{ID: "123456789012", Region: "eu-central-1"}

const (
	ownKey  = "key-of-eventbridge"
	role    = "arn:aws:iam::123456789012:role/starter"
	machine = "arn:aws:states:eu-central-1:123456789012:stateMachine:work"
	queue   = "arn:aws:sqs:eu-central-1:123456789012:dead-letters"
)

// host is an account with a bus, the state machine "work" and a dead-letter queue. refuse can make StartExecution fail.
type host struct {
	t       *testing.T
	gateway *gateway.Gateway
	service *eventbridge.Service
	states  *stepfunctions.Service
	sfn     *sfn.Client
	sqs     *awssqs.Client

	mu         sync.Mutex
	deliveries []eventbridge.Delivery
	calls      []string          // "PRINCIPAL StartExecution"
	inputs     []string          // inputs of all StartExecution calls, including those that failed
	refuse     func(n int) error // returns the error of StartExecution call n, from 1
}

type principals struct{ *iam.Service }

func (p principals) Principal(key string) (gateway.Principal, error) {
	if key == ownKey {
		return gateway.Principal{ARN: "events.amazonaws.com"}, nil
	}
	return p.Service.Principal(key)
}

// inBubble runs f with a host in a synctest bubble, where time is virtual.
func inBubble(t *testing.T, f func(t *testing.T, h *host)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		f(t, h)
		if err := h.service.Close(); err != nil {
			t.Error(err)
		}
		if err := h.states.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func newHost(t *testing.T) *host {
	t.Helper()
	roles := iam.New(acct)
	roles.EnsureRole("starter")
	g := gateway.New(principals{roles})
	config := func(p aws.CredentialsProvider) aws.Config { return g.Config(acct.Region, p) }
	own := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: ownKey, SecretAccessKey: "secret"}, nil
	})
	h := &host{
		t: t, gateway: g,
		service: eventbridge.New(acct, clock.Clock{}, roles, own, config),
		states:  stepfunctions.New(acct, clock.Clock{}, roles, config, nil),
		sfn:     sfn.NewFromConfig(config(iam.AdminCredentials())),
		sqs:     awssqs.NewFromConfig(config(iam.AdminCredentials())),
		refuse:  func(int) error { return nil },
	}
	queues := sqs.New(acct)
	_, err := queues.Resources()["AWS::SQS::Queue"].Create(t.Context(), resource.Request{
		Properties: json.RawMessage(`{"QueueName": "dead-letters"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	g.Handle("events", h.service.Handler())
	g.Handle("states", http.HandlerFunc(h.start))
	g.Handle("sqs", queues.Handler())
	h.service.Observe(func(d eventbridge.Delivery) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.deliveries = append(h.deliveries, d)
	})
	g.Observe(func(c gateway.Call) {
		if strings.HasSuffix(c.Principal.ARN, "user/local") {
			return
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.calls = append(h.calls, c.Principal.ARN+" "+c.Operation)
	})
	h.machine("work")
	return h
}

// start serves Step Functions. For StartExecution it records the input and asks refuse first.
func (h *host) start(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".StartExecution") {
		h.states.Handler().ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		h.t.Error(err)
	}
	var in struct{ Input string }
	if err := json.Unmarshal(body, &in); err != nil {
		h.t.Error(err)
	}
	h.mu.Lock()
	h.inputs = append(h.inputs, in.Input)
	n := len(h.inputs)
	h.mu.Unlock()
	if err := h.refuse(n); err != nil {
		gateway.WriteError(w, r, err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	h.states.Handler().ServeHTTP(w, r)
}

// machine creates a state machine that succeeds at once, and returns its ARN.
func (h *host) machine(name string) string {
	h.t.Helper()
	created, err := h.states.Resources()["AWS::StepFunctions::StateMachine"].Create(h.t.Context(), resource.Request{
		Properties: json.RawMessage(`{"StateMachineName": "` + name + `", "RoleArn": "` + role + `",
			"DefinitionString": "{\"StartAt\": \"P\", \"States\": {\"P\": {\"Type\": \"Pass\", \"End\": true}}}"}`),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return created.PhysicalID
}

// call sends a request to EventBridge as the administrator. An error has the form "CODE: MESSAGE".
func (h *host) call(operation, in string) (map[string]any, error) {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(in)).WithContext(h.t.Context())
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSEvents."+operation)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20261101/eu-central-1/events/aws4_request, Signature=0")
	w := httptest.NewRecorder()
	h.gateway.ServeHTTP(w, r)
	var out map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		h.t.Fatalf("%s answered %s: %v", operation, w.Body, err)
	}
	if w.Code != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", out["__type"], out["message"])
	}
	return out, nil
}

func (h *host) must(operation, in string) map[string]any {
	h.t.Helper()
	out, err := h.call(operation, in)
	if err != nil {
		h.t.Fatalf("%s %s: %v", operation, in, err)
	}
	return out
}

// targetJSON returns a target that starts the state machine "work", with further members.
func targetJSON(more string) string {
	return `{"Id": "work", "Arn": "` + machine + `", "RoleArn": "` + role + `"` + more + `}`
}

// rule creates a rule for the source "test" with targets.
func (h *host) rule(name, targets string) error {
	_, err := h.create(`{"Name": "` + name + `", "EventPattern": {"source": ["test"]}, "Targets": [` + targets + `]}`)
	return err
}

func (h *host) create(properties string) (resource.Resource, error) {
	return h.service.Resources()["AWS::Events::Rule"].Create(h.t.Context(), resource.Request{
		StackName: "oralake-sales", LogicalID: "Rule", Properties: json.RawMessage(properties),
	})
}

// put puts an event of the source "test" on the bus and returns its id.
func (h *host) put() string {
	h.t.Helper()
	id, err := h.service.Put(eventbridge.Event{Source: "test", DetailType: "Test", Detail: json.RawMessage(`{"n":1}`)})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

// deadLetters receives the messages that are in the dead-letter queue.
func (h *host) deadLetters() []string {
	h.t.Helper()
	out, err := h.sqs.ReceiveMessage(h.t.Context(), &awssqs.ReceiveMessageInput{
		QueueUrl: aws.String("http://127.0.0.1/" + acct.ID + "/dead-letters"), MaxNumberOfMessages: 10,
		MessageAttributeNames: []string{"All"},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	var all []string
	for _, m := range out.Messages {
		text := *m.Body
		for _, key := range []string{
			"RULE_ARN", "TARGET_ARN", "ERROR_CODE", "ERROR_MESSAGE", "RETRY_ATTEMPTS", "EXHAUSTED_RETRY_CONDITION",
		} {
			if a, ok := m.MessageAttributes[key]; ok {
				text += "\n" + key + " " + *a.StringValue
			}
		}
		all = append(all, text)
	}
	return all
}
