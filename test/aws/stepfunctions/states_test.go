package stepfunctions_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
	"github.com/oralake/oralake/test/aws/stepfunctions"
)

var update = flag.Bool("update", false, "write the golden files again")

var acct = account.Account{ID: "111122223333", Region: "eu-central-1"}

const roleARN = "arn:aws:iam::111122223333:role/workflow"

// world is a gateway with Step Functions and a fake Lambda. The field lambda answers its calls.
type world struct {
	t       *testing.T
	service *stepfunctions.Service
	client  *sfn.Client
	logs    *logBook

	mu       sync.Mutex
	calls    []call
	sessions map[string]int // the number of requests for credentials, by session of the role
	// lambda answers a call with a payload, a function error ("Unhandled") or a service error.
	lambda func(ctx context.Context, c call) reply
}

// call is one Invoke that the fake Lambda received.
type call struct {
	Function, Payload, Trace, Principal string
	At                                  time.Time
}

type reply struct {
	payload       string
	functionError bool
	serviceError  *gateway.Error
}

func (w *world) Principal(key string) (gateway.Principal, error) {
	return gateway.Principal{ARN: key, Role: strings.TrimPrefix(key, "key-of-")}, nil
}

func (w *world) Credentials(role, session string) (aws.Credentials, error) {
	if role != roleARN {
		return aws.Credentials{}, fmt.Errorf("role %s does not exist", role)
	}
	w.mu.Lock()
	w.sessions[session]++
	w.mu.Unlock()
	// The key has no "/", because a "/" ends the access key in the credential scope.
	return aws.Credentials{AccessKeyID: "key-of-workflow", SecretAccessKey: "secret"}, nil
}

type logBook struct {
	mu    sync.Mutex
	lines []string
}

func (l *logBook) Put(group, stream, message string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, group+" "+strings.Join(strings.Split(stream, "/")[:2], "/")+" "+message)
}

func newWorld(t *testing.T) *world {
	w := &world{
		t: t, logs: &logBook{}, sessions: map[string]int{},
		lambda: func(_ context.Context, c call) reply { return reply{payload: c.Payload} },
	}
	g := gateway.New(w)
	config := func(p aws.CredentialsProvider) aws.Config { return g.Config(acct.Region, p) }
	w.service = stepfunctions.New(acct, clock.Clock{}, w, config, w.logs)
	g.Handle("states", w.service.Handler())
	g.Handle("lambda", http.HandlerFunc(w.invoke))
	w.client = sfn.NewFromConfig(config(credentials.NewStaticCredentialsProvider("key-of-tester", "secret", "")),
		func(o *sfn.Options) { o.Retryer = aws.NopRetryer{} })
	return w
}

func (w *world) invoke(rw http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Errorf("read the payload: %v", err)
	}
	name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/2015-03-31/functions/"), "/invocations")
	c := call{
		Function: name, Payload: string(payload), Trace: gateway.TraceFrom(r.Context()),
		Principal: gateway.PrincipalFrom(r.Context()).ARN, At: time.Now(),
	}
	w.mu.Lock()
	w.calls = append(w.calls, c)
	w.mu.Unlock()
	answer := w.lambda(r.Context(), c)
	if answer.serviceError != nil {
		gateway.WriteError(rw, r, answer.serviceError)
		return
	}
	rw.Header().Set("X-Amzn-RequestId", "request-1")
	if answer.functionError {
		rw.Header().Set("X-Amz-Function-Error", "Unhandled")
	}
	_, _ = io.WriteString(rw, answer.payload)
}

func (w *world) create(definition string) string {
	w.t.Helper()
	arn, err := w.make(map[string]any{"StateMachineName": "machine", "RoleArn": roleARN, "DefinitionString": definition})
	if err != nil {
		w.t.Fatalf("create: %v", err)
	}
	return arn
}

// make creates a state machine with the properties of a template.
func (w *world) make(properties map[string]any) (arn string, err error) {
	w.t.Helper()
	text, err := json.Marshal(properties)
	if err != nil {
		w.t.Fatal(err)
	}
	made, err := w.resourceType().Create(w.t.Context(), stateMachine(string(text)))
	return made.PhysicalID, err
}

func (w *world) resourceType() resource.Type {
	return w.service.Resources()["AWS::StepFunctions::StateMachine"]
}

func (w *world) start(machine, input string) string {
	w.t.Helper()
	out, err := w.client.StartExecution(w.t.Context(), &sfn.StartExecutionInput{
		StateMachineArn: &machine, Input: &input, Name: aws.String("run-1"),
	})
	if err != nil {
		w.t.Fatalf("start: %v", err)
	}
	return *out.ExecutionArn
}

func (w *world) describe(execution string) *sfn.DescribeExecutionOutput {
	w.t.Helper()
	out, err := w.client.DescribeExecution(w.t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &execution})
	if err != nil {
		w.t.Fatalf("describe: %v", err)
	}
	return out
}

// run creates a state machine, runs one execution to its end and describes the execution.
func (w *world) run(definition, input string) *sfn.DescribeExecutionOutput {
	w.t.Helper()
	arn := w.start(w.create(definition), input)
	if err := w.service.Wait(w.t.Context(), arn); err != nil {
		w.t.Fatal(err)
	}
	return w.describe(arn)
}

// history reads all events of an execution from the pages of the API.
func (w *world) history(execution string) []types.HistoryEvent {
	w.t.Helper()
	var events []types.HistoryEvent
	pages := sfn.NewGetExecutionHistoryPaginator(w.client, &sfn.GetExecutionHistoryInput{
		ExecutionArn: &execution, MaxResults: 3,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		events = append(events, page.Events...)
	}
	return events
}

// readable writes a history with one line for each event: time since the start, id<-previous, type, details.
func readable(t *testing.T, events []types.HistoryEvent) string {
	t.Helper()
	var b strings.Builder
	for _, e := range events {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(text, &members); err != nil {
			t.Fatal(err)
		}
		details := ""
		for name, v := range members {
			if inner, ok := v.(map[string]any); ok && strings.HasSuffix(name, "EventDetails") {
				for field, value := range inner {
					if value == nil || value == 0.0 || strings.HasSuffix(field, "putDetails") {
						delete(inner, field)
					}
				}
				var text strings.Builder
				encoder := json.NewEncoder(&text)
				encoder.SetEscapeHTML(false)
				if err := encoder.Encode(inner); err != nil {
					t.Fatal(err)
				}
				details = " " + strings.TrimSpace(text.String())
			}
		}
		fmt.Fprintf(&b, "+%s %d<-%d %s%s\n", e.Timestamp.Sub(*events[0].Timestamp), e.Id, e.PreviousEventId, e.Type, details)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name + ".golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (if the change is intended, run with -update) -want +got:\n%s", file, diff)
	}
}

// inBubble runs a test in virtual time and shuts down the service at the end.
func inBubble(t *testing.T, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		test(t, w)
		if err := w.service.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func lambdaARN(name string) string { return acct.ARN("lambda", "function:"+name) }

// TestOneSessionPerExecution checks that all calls of an execution use one session of the role, with the name of the
// execution.
func TestOneSessionPerExecution(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		task := `{"Type": "Task", "Resource": "` + lambdaARN("step") + `", "Next": "Two"}`
		machine := w.create(`{"StartAt": "One", "States": {"One": ` + task + `,
			"Two": ` + strings.Replace(task, `"Next": "Two"`, `"End": true`, 1) + `}}`)
		long := strings.Repeat("n", 80)
		for _, name := range []string{"short", long} {
			out, err := w.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Name: &name})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.service.Wait(t.Context(), *out.ExecutionArn); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(w.sessions, map[string]int{"short": 2, long[:64]: 2}); diff != "" {
			t.Errorf("sessions (-got +want):\n%s", diff)
		}
	})
}
