package eventbridge_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/delivery"
	"github.com/oralake/oralake/test/aws/eventbridge"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/stepfunctions"
)

// The end of one execution starts another one. The target's role starts it.
func TestEndOfAnExecutionStartsAnother(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		h.states.Observe(func(c stepfunctions.StatusChange) {
			detail, err := json.Marshal(c)
			if err == nil {
				_, err = h.service.Put(eventbridge.Event{
					Source: "aws.states", DetailType: "Step Functions Execution Status Change", Time: c.At(), Detail: detail,
				})
			}
			if err != nil {
				t.Error(err)
			}
		})
		first, second := h.machine("first"), h.machine("second")
		_, err := h.create(`{"Name": "chain",
			"EventPattern": {"source": ["aws.states"], "detail": {"status": ["SUCCEEDED"], "stateMachineArn": ["` + first + `"]}},
			"Targets": [{"Id": "second", "Arn": "` + second + `", "RoleArn": "` + role + `",
				"InputTransformer": {"InputPathsMap": {"of": "$.detail.name"}, "InputTemplate": "{\"after\": <of>}"}}]}`)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.sfn.StartExecution(t.Context(), &sfn.StartExecutionInput{
			StateMachineArn: &first, Name: aws.String("nightly"),
		}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		list, err := h.sfn.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: &second})
		if err != nil || len(list.Executions) != 1 {
			t.Fatalf("executions: got %+v, %v, want one", list, err)
		}
		arn := *list.Executions[0].ExecutionArn
		out, err := h.sfn.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := *out.Input, `{"after": "nightly"}`; got != want {
			t.Errorf("input: got %s, want %s", got, want)
		}
		wantCalls := []string{"arn:aws:sts::123456789012:assumed-role/starter/events-chain StartExecution"}
		if diff := cmp.Diff(h.calls, wantCalls); diff != "" {
			t.Errorf("calls (-got +want):\n%s", diff)
		}
		if d := h.deliveries[0]; d.ExecutionARN != arn || d.Rule != "chain" || d.Target != "second" || d.Err != nil {
			t.Errorf("delivery: got %+v", d)
		}
	})
}

func TestRetries(t *testing.T) {
	throttled := &gateway.Error{Code: "TooManyRequestsException", Message: "Rate Exceeded", Status: http.StatusTooManyRequests}
	gone := &gateway.Error{Code: "StateMachineDoesNotExist", Message: "no machine", Status: http.StatusBadRequest}
	denied := &gateway.Error{Code: "AccessDeniedException", Message: "not you", Status: http.StatusBadRequest}
	for _, test := range []struct {
		what, policy string
		refuse       func(n int) error
		retries      int
		took         time.Duration
		letter       string // attributes of the dead letter, separated by spaces; empty when none is sent
	}{
		{"succeeds after four retries", `{}`, func(n int) error {
			if n <= 4 {
				return throttled
			}
			return nil
		}, 4, 15 * time.Second, ""},
		{
			"no retries left", `{"MaximumRetryAttempts": 2}`, func(int) error { return throttled }, 2, 3 * time.Second,
			"ERROR_CODE THROTTLING ERROR_MESSAGE Rate Exceeded RETRY_ATTEMPTS 2 EXHAUSTED_RETRY_CONDITION MaximumRetryAttempts",
		},
		{
			"event too old", `{"MaximumEventAgeInSeconds": 60}`, func(int) error { return throttled }, 5, 31 * time.Second,
			"ERROR_CODE THROTTLING ERROR_MESSAGE Rate Exceeded RETRY_ATTEMPTS 5 EXHAUSTED_RETRY_CONDITION MaximumEventAgeInSeconds",
		},
		{
			"a missing state machine is not retried", `{}`, func(int) error { return gone }, 0, 0,
			"ERROR_CODE NO_RESOURCE ERROR_MESSAGE no machine RETRY_ATTEMPTS 0",
		},
		{
			"a missing permission is not retried", `{}`, func(int) error { return denied }, 0, 0,
			"ERROR_CODE NO_PERMISSIONS ERROR_MESSAGE not you RETRY_ATTEMPTS 0",
		},
	} {
		t.Run(test.what, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *host) {
				h.refuse = test.refuse
				began, took := time.Now(), time.Duration(-1)
				h.service.Observe(func(eventbridge.Delivery) { took = time.Since(began) })
				err := h.rule("all", targetJSON(`, "RetryPolicy": `+test.policy+`, "DeadLetterConfig": {"Arn": "`+queue+`"}`))
				if err != nil {
					t.Fatal(err)
				}
				h.put()
				time.Sleep(time.Hour)
				synctest.Wait()
				if len(h.deliveries) != 1 || h.deliveries[0].Retries != test.retries || took != test.took {
					t.Errorf("got %+v after %s, want %d retries in %s", h.deliveries, took, test.retries, test.took)
				}
				got := ""
				for _, letter := range h.deadLetters() {
					event, attributes, _ := strings.Cut(letter, "\n")
					attributes = strings.ReplaceAll(attributes, "\n", " ")
					got += strings.TrimPrefix(attributes, "RULE_ARN arn:aws:events:eu-central-1:123456789012:rule/all "+
						"TARGET_ARN "+machine+" ")
					if !strings.Contains(event, `"detail":{"n":1}`) {
						t.Errorf("dead letter: got %s, want the event", event)
					}
				}
				if got != test.letter {
					t.Errorf("dead letters: got %q, want %q", got, test.letter)
				}
			})
		})
	}
}

func TestCloseStopsDeliveries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.refuse = func(int) error { return &gateway.Error{Code: "ServiceException", Message: "broken", Status: 500} }
		if err := h.rule("all", targetJSON(`, "DeadLetterConfig": {"Arn": "`+queue+`"}`)); err != nil {
			t.Fatal(err)
		}
		h.put()
		time.Sleep(10 * time.Second)
		began := time.Now()
		if err := h.service.Close(); err != nil || time.Since(began) != 0 {
			t.Errorf("close: got %v after %s, want nil at once", err, time.Since(began))
		}
		h.put()
		synctest.Wait()
		if len(h.deliveries) != 1 || h.deliveries[0].Err == nil || len(h.inputs) != 4 || len(h.deadLetters()) != 0 {
			t.Errorf("got deliveries %+v after %d attempts, want one failed delivery after 4", h.deliveries, len(h.inputs))
		}
	})
}

// When the response of an attempt is lost, the next attempt finds the execution that the first one started.
func TestLostResponseStartsNoSecondExecution(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		lost := 0
		inner := h.states.Handler()
		h.gateway.Handle("states", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".StartExecution") && lost == 0 {
				lost++
				inner.ServeHTTP(&discarded{header: http.Header{}}, r)
				gateway.WriteError(w, r, errors.New("the response was lost"))
				return
			}
			inner.ServeHTTP(w, r)
		}))
		if err := h.rule("all", targetJSON("")); err != nil {
			t.Fatal(err)
		}
		h.put()
		time.Sleep(time.Minute)
		synctest.Wait()
		list, err := h.sfn.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: aws.String(machine)})
		if err != nil || len(list.Executions) != 1 {
			t.Fatalf("executions: got %+v, %v, want one", list, err)
		}
		want := eventbridge.Delivery{
			Rule: "all", Target: "work", EventID: h.deliveries[0].EventID,
			Outcome: delivery.Outcome{Retries: 1, ExecutionARN: *list.Executions[0].ExecutionArn},
		}
		if diff := cmp.Diff(h.deliveries, []eventbridge.Delivery{want}); diff != "" {
			t.Errorf("deliveries (-got +want):\n%s", diff)
		}
	})
}

// discarded is a response that the client does not receive.
type discarded struct{ header http.Header }

func (d *discarded) Header() http.Header { return d.header }

func (d *discarded) Write(b []byte) (int, error) { return len(b), nil }

func (d *discarded) WriteHeader(int) {}
