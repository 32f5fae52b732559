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

// normal replaces execution ids, which are random.
func normal(v any) any {
	switch v := v.(type) {
	case string:
		return uuidForm.ReplaceAllString(v, "ID")
	case map[string]any:
		m := map[string]any{}
		for key, value := range v {
			m[key] = normal(value)
		}
		return m
	}
	return v
}

// What the state machine is sent, by whom.
func TestAScheduleStartsAsItsRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.schedule()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if len(h.targets.calls) != 1 {
			t.Fatalf("got %d calls, want 1", len(h.targets.calls))
		}
		got := h.targets.calls[0]
		got.Body = normal(got.Body).(map[string]any)
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
		failures int // how many calls of the state machine fail
		err      error
		attempts int
		lasted   time.Duration     // from the first attempt to the last one
		buried   map[string]string // attributes of the dead-letter event; nil for none
	}{
		{name: "at once", policy: withQueue(3, 86400), attempts: 1},
		{name: "throttled twice", policy: withQueue(3, 86400), failures: 2, err: throttled, attempts: 3, lasted: 3 * time.Second},
		{
			name: "broken for good", policy: withQueue(3, 86400), failures: 1000, err: broken, attempts: 4, lasted: 7 * time.Second,
			buried: map[string]string{
				"ERROR_CODE": "InternalFailure", "ERROR_MESSAGE": "oh no", "RETRY_ATTEMPTS": "3",
				"EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
			},
		},
		{
			name: "too old", policy: withQueue(185, 60), failures: 1000, err: broken, attempts: 6, lasted: 31 * time.Second,
			buried: map[string]string{
				"ERROR_CODE": "InternalFailure", "ERROR_MESSAGE": "oh no", "RETRY_ATTEMPTS": "5",
				"EXHAUSTED_RETRY_CONDITION": "MaximumEventAgeInSeconds",
			},
		},
		{
			name: "not allowed", policy: withQueue(3, 86400), failures: 1000, err: denied, attempts: 1,
			buried: map[string]string{"ERROR_CODE": "AccessDeniedException", "ERROR_MESSAGE": "not you", "RETRY_ATTEMPTS": "0"},
		},
		{name: "no queue", policy: func(map[string]any) {}, failures: 1000, err: denied, attempts: 1},
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
				checkBuried(t, h.targets.of("SendMessage"), test.buried)
				delivery := <-h.deliveries
				if failed := delivery.Err != nil; failed != (test.failures == 1000) || delivery.Retries != test.attempts-1 {
					t.Errorf("got delivery %+v, want %d retries", delivery, test.attempts-1)
				}
			})
		})
	}
}

func checkBuried(t *testing.T, messages []call, want map[string]string) {
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
	if got, want := m.Body["QueueUrl"], "https://sqs.eu-central-1.amazonaws.com/123456789012/dead"; got != want {
		t.Errorf("got queue %v, want %s", got, want)
	}
	got := map[string]string{}
	for name, attribute := range m.Body["MessageAttributes"].(map[string]any) {
		got[name] = normal(attribute.(map[string]any)["StringValue"]).(string)
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
	if diff := cmp.Diff(event, normal(body)); diff != "" {
		t.Errorf("dead-letter event (-want +got):\n%s", diff)
	}
}

func TestCloseEndsRetries(t *testing.T) {
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
			t.Errorf("got %d dead letters, want none: the event was not given up", len(got))
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
		t.Errorf("it was started by %s, want the schedule's role", call.Principal)
	}
	if _, err := h.service.Fire(t.Context(), "default", "weekly"); err == nil {
		t.Error("a schedule that does not exist was fired")
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

// An attempt whose answer was lost has started the execution: the next one finds it and starts no other.
func TestAStartWhoseAnswerWasLost(t *testing.T) {
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

func TestNothingFiresAfterClose(t *testing.T) {
	h := newHost(t)
	h.schedule()
	if err := h.service.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := h.service.Fire(t.Context(), "default", "nightly")
	if err == nil || !strings.Contains(err.Error(), "the Scheduler is closing") {
		t.Errorf("got %v, want that it is closing", err)
	}
	if got := h.targets.of("StartExecution"); len(got) != 0 {
		t.Errorf("got %d executions, want none", len(got))
	}
}

// A role session has a name of 2 to 64 characters, whatever the schedule is called.
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
