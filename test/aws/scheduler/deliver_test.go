package scheduler_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/gateway"
)

var uuidForm = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// withoutIDs replaces execution ids, which are random, by ID.
func withoutIDs(v any) any {
	switch v := v.(type) {
	case string:
		return uuidForm.ReplaceAllString(v, "ID")
	case map[string]any:
		m := map[string]any{}
		for key, value := range v {
			m[key] = withoutIDs(value)
		}
		return m
	}
	return v
}

// The schedule's role starts the execution with the schedule's input.
func TestScheduleStartsTheExecutionAsItsRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.schedule()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if len(h.targets.calls) != 1 {
			t.Fatalf("got %d calls, want 1", len(h.targets.calls))
		}
		got := h.targets.calls[0]
		got.Body = withoutIDs(got.Body).(map[string]any)
		want := call{
			At: time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC), Operation: "StartExecution",
			Principal: "arn:aws:sts::123456789012:assumed-role/starter/scheduler-nightly",
			Body:      map[string]any{"stateMachineArn": machine, "input": `{"job":"orders"}`, "name": "ID"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("call (-want +got):\n%s", diff)
		}
	})
}

func TestRetriesAndDeadLetters(t *testing.T) {
	throttled := &gateway.Error{Code: "ThrottlingException", Message: "slow down", Status: 400}
	broken := &gateway.Error{Code: "InternalFailure", Message: "oh no", Status: 500}
	denied := &gateway.Error{Code: "AccessDeniedException", Message: "not you", Status: 400}
	tests := []struct {
		name     string
		policy   change
		failures int // number of StartExecution calls that fail
		err      error
		attempts int
		lasted   time.Duration     // from the first attempt to the last one
		letter   map[string]string // attributes of the dead letter; nil when none is sent
	}{
		{name: "first attempt succeeds", policy: withQueue(3, 86400), attempts: 1},
		{name: "throttled twice", policy: withQueue(3, 86400), failures: 2, err: throttled, attempts: 3, lasted: 3 * time.Second},
		{
			name: "no retries left", policy: withQueue(3, 86400), failures: 1000, err: broken, attempts: 4, lasted: 7 * time.Second,
			letter: map[string]string{
				"ERROR_CODE": "InternalFailure", "ERROR_MESSAGE": "oh no", "RETRY_ATTEMPTS": "3",
				"EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
			},
		},
		{
			name: "event too old", policy: withQueue(185, 60), failures: 1000, err: broken, attempts: 6, lasted: 31 * time.Second,
			letter: map[string]string{
				"ERROR_CODE": "InternalFailure", "ERROR_MESSAGE": "oh no", "RETRY_ATTEMPTS": "5",
				"EXHAUSTED_RETRY_CONDITION": "MaximumEventAgeInSeconds",
			},
		},
		{
			name: "a missing permission is not retried", policy: withQueue(3, 86400), failures: 1000, err: denied, attempts: 1,
			letter: map[string]string{"ERROR_CODE": "AccessDeniedException", "ERROR_MESSAGE": "not you", "RETRY_ATTEMPTS": "0"},
		},
		{name: "no dead-letter queue", policy: func(map[string]any) {}, failures: 1000, err: denied, attempts: 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				h.targets.fail = func(operation string, n int) error {
					if operation == "StartExecution" && n <= test.failures {
						return test.err
					}
					return nil
				}
				h.schedule(test.policy)
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				attempts := h.targets.of("StartExecution")
				if len(attempts) != test.attempts {
					t.Fatalf("got %d attempts, want %d", len(attempts), test.attempts)
				}
				last := attempts[len(attempts)-1]
				if got := last.At.Sub(attempts[0].At); got != test.lasted {
					t.Errorf("the attempts lasted %s, want %s", got, test.lasted)
				}
				if last.Body["name"] != attempts[0].Body["name"] {
					t.Errorf("got executions %v and %v, want one name: a retry must not start a second execution",
						attempts[0].Body["name"], last.Body["name"])
				}
				checkDeadLetter(t, h.targets.of("SendMessage"), test.letter)
				delivery := <-h.deliveries
				if failed := delivery.Err != nil; failed != (test.failures == 1000) || delivery.Retries != test.attempts-1 {
					t.Errorf("got delivery %+v, want %d retries", delivery, test.attempts-1)
				}
			})
		})
	}
}

// checkDeadLetter compares the messages in the dead-letter queue with the attributes of the wanted one, nil for none.
func checkDeadLetter(t *testing.T, messages []call, want map[string]string) {
	t.Helper()
	if want == nil {
		if len(messages) != 0 {
			t.Errorf("got %d dead letters, want none", len(messages))
		}
		return
	}
	if len(messages) != 1 {
		t.Fatalf("got %d dead letters, want 1", len(messages))
	}
	m := messages[0]
	if got, want := m.Body["QueueUrl"], "https://sqs.eu-central-1.amazonaws.com/123456789012/dead-letters"; got != want {
		t.Errorf("got queue %v, want %s", got, want)
	}
	got := map[string]string{}
	for name, attribute := range m.Body["MessageAttributes"].(map[string]any) {
		got[name] = withoutIDs(attribute.(map[string]any)["StringValue"]).(string)
	}
	all := map[string]string{
		"EXECUTION_ID": "ID", "IS_PAYLOAD_TRUNCATED": "false", "SCHEDULED_TIME": "2000-01-01T01:00:00Z",
		"SCHEDULE_ARN": "arn:aws:scheduler:eu-central-1:123456789012:schedule/default/nightly", "TARGET_ARN": machine,
	}
	for name, value := range want {
		all[name] = value
	}
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(m.Body["MessageBody"].(string)), &body); err != nil {
		t.Fatal(err)
	}
	event := map[string]any{"StateMachineArn": machine, "Input": `{"job":"orders"}`, "Name": "ID"}
	if diff := cmp.Diff(event, withoutIDs(body)); diff != "" {
		t.Errorf("dead letter (-want +got):\n%s", diff)
	}
}

func TestCloseStopsRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.targets.fail = func(string, int) error { return &gateway.Error{Code: "InternalFailure", Status: 500} }
		h.schedule(withQueue(185, 86400))
		time.Sleep(2 * time.Hour)
		begin := time.Now()
		if err := h.service.Close(); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(begin); got != 0 {
			t.Errorf("closing took %s, want no time", got)
		}
		if got := h.targets.of("SendMessage"); len(got) != 0 {
			t.Errorf("got %d dead letters, want none: Close stopped the delivery", len(got))
		}
	})
}

func TestFire(t *testing.T) {
	h := newHost(t)
	h.schedule()
	arn, err := h.service.Fire(t.Context(), "default", "nightly")
	if err != nil {
		t.Fatal(err)
	}
	call := h.targets.of("StartExecution")[0]
	if want := "arn:aws:states:eu-central-1:123456789012:execution:migration:" + call.Body["name"].(string); arn != want {
		t.Errorf("got execution %s, want %s", arn, want)
	}
	if call.Principal != "arn:aws:sts::123456789012:assumed-role/starter/scheduler-nightly" {
		t.Errorf("%s started it, want the schedule's role", call.Principal)
	}
	if _, err := h.service.Fire(t.Context(), "default", "weekly"); err == nil {
		t.Error("fire a schedule that does not exist: got no error")
	}
	h.targets.fail = func(string, int) error {
		return &gateway.Error{Code: "StateMachineDoesNotExist", Message: "gone", Status: 400}
	}
	if _, err := h.service.Fire(t.Context(), "default", "nightly"); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("got %v, want the target's error", err)
	}
}

func TestFireOverHTTP(t *testing.T) {
	h := newHost(t)
	h.schedule()
	tests := []struct {
		key, path string
		status    int
	}{
		{"tester", "/_local/schedules/default/nightly/fire", 200},
		{"tester", "/_local/schedules/default/weekly/fire", 404},
		{"ASIAworker", "/_local/schedules/default/nightly/fire", 403},
	}
	for _, test := range tests {
		config := h.config(test.key)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, *config.BaseEndpoint+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		credentials, err := config.Credentials.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		const noBody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
		if err := v4.NewSigner().SignHTTP(t.Context(), credentials, r, noBody, "scheduler", here.Region, time.Now()); err != nil {
			t.Fatal(err)
		}
		answer, err := config.HTTPClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var body struct{ ExecutionArn string }
		if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		started := strings.HasPrefix(body.ExecutionArn, "arn:aws:states:")
		if answer.StatusCode != test.status || started != (test.status == 200) {
			t.Errorf("%s by %s: got %d and execution %q, want %d",
				test.path, test.key, answer.StatusCode, body.ExecutionArn, test.status)
		}
	}
}

// When the response of an attempt is lost, the next attempt finds the execution that the first one started.
func TestLostResponseStartsNoSecondExecution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.targets.fail = func(_ string, n int) error {
			if n == 1 {
				return &gateway.Error{Code: "InternalFailure", Status: 500}
			}
			return gateway.Errorf("ExecutionAlreadyExists", "it is there")
		}
		h.schedule(withQueue(3, 86400))
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		attempts, delivery := h.targets.of("StartExecution"), <-h.deliveries
		want := "arn:aws:states:eu-central-1:123456789012:execution:migration:" + attempts[0].Body["name"].(string)
		if len(attempts) != 2 || delivery.Err != nil || delivery.ExecutionARN != want {
			t.Errorf("got %d attempts and %+v, want 2 and execution %s", len(attempts), delivery, want)
		}
		if got := h.targets.of("SendMessage"); len(got) != 0 {
			t.Errorf("got %d dead letters, want none", len(got))
		}
	})
}

func TestFireAfterCloseFails(t *testing.T) {
	h := newHost(t)
	h.schedule()
	if err := h.service.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := h.service.Fire(t.Context(), "default", "nightly")
	if err == nil || !strings.Contains(err.Error(), "the Scheduler is closing") {
		t.Errorf("got %v, want the error of a closed service", err)
	}
	if got := h.targets.of("StartExecution"); len(got) != 0 {
		t.Errorf("got %d executions, want none", len(got))
	}
}

// The name of a role session has 2 to 64 characters, however long the name of the schedule is.
func TestSessionNames(t *testing.T) {
	long := strings.Repeat("n", 64)
	for name, want := range map[string]string{"a": "scheduler-a", long: "scheduler-" + long[:54]} {
		h := newHost(t)
		h.schedule(set("Name", name))
		if _, err := h.service.Fire(t.Context(), "default", name); err != nil {
			t.Fatal(err)
		}
		if got := h.targets.of("StartExecution")[0].Principal; got != "arn:aws:sts::123456789012:assumed-role/starter/"+want {
			t.Errorf("%s: started by %s, want session %s", name, got, want)
		}
	}
}
