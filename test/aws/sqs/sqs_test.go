package sqs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam"
	"github.com/oralake/oralake/test/aws/resource"
)

var acct = account.Account{ID: "123456789012", Region: "eu-central-1"}

// client speaks the wire protocol without an SDK.
type client struct{ gateway *gateway.Gateway }

func start(t *testing.T, properties string) (*Service, client, resource.Resource) {
	t.Helper()
	s := New(acct)
	g := gateway.New(iam.New(acct))
	g.Handle("sqs", s.Handler())
	made, err := s.Resources()["AWS::SQS::Queue"].Create(t.Context(), resource.Request{
		StackName: "oralake-sales", LogicalID: "DeadLetters", Properties: json.RawMessage(properties),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, client{g}, made
}

// call replaces {url} in the request by the queue's URL. Its error holds the answer's __type and message.
func call[Out any](t *testing.T, c client, q resource.Resource, operation, in string) (Out, error) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.ReplaceAll(in, "{url}", q.PhysicalID)))
	r = r.WithContext(t.Context())
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS."+operation)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20261101/eu-central-1/sqs/aws4_request, Signature=0")
	w := httptest.NewRecorder()
	c.gateway.ServeHTTP(w, r)
	var out Out
	if w.Code != http.StatusOK {
		var e struct {
			Type    string `json:"__type"`
			Message string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		return out, fmt.Errorf("%s: %s", e.Type, e.Message)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	return out, nil
}

func receive(t *testing.T, c client, q resource.Resource) []receivedMessage {
	t.Helper()
	out, err := call[receiveMessageOutput](t, c, q, "ReceiveMessage", `{"QueueUrl": "{url}", "MessageAttributeNames": ["All"]}`)
	if err != nil {
		t.Fatal(err)
	}
	return out.Messages
}

func TestAReceivedMessageIsHiddenForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, q := start(t, `{}`)
		sent, err := call[sendMessageOutput](t, c, q, "SendMessage", `{"QueueUrl": "{url}", "MessageBody": "hello",
			"MessageAttributes": {"ERROR_CODE": {"DataType": "String", "StringValue": "AccessDenied"}}}`)
		if err != nil || sent.MD5OfMessageBody != "5d41402abc4b2a76b9719d911017c592" {
			t.Fatalf("send: got %+v, %v", sent, err)
		}
		first := receive(t, c, q)
		if len(first) != 1 || first[0].Body != "hello" || first[0].MD5OfMessageAttributes != sent.MD5OfMessageAttributes {
			t.Fatalf("receive: got %+v", first)
		}
		if hidden := receive(t, c, q); len(hidden) != 0 {
			t.Errorf("a hidden message was received: %+v", hidden)
		}
		time.Sleep(30 * time.Second)
		if again := receive(t, c, q); len(again) != 1 {
			t.Errorf("after 30 seconds: got %+v, want the message", again)
		}
	})
}

func TestMessagesAreDroppedAfterTheRetentionPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, q := start(t, `{"MessageRetentionPeriod": 3600}`)
		if _, err := call[sendMessageOutput](t, c, q, "SendMessage", `{"QueueUrl": "{url}", "MessageBody": "old"}`); err != nil {
			t.Fatal(err)
		}
		if got := receive(t, c, q); len(got) != 1 {
			t.Errorf("at first: got %+v, want the message", got)
		}
		time.Sleep(time.Hour + time.Second)
		if got := receive(t, c, q); len(got) != 0 {
			t.Errorf("after the retention period: got %+v, want no message", got)
		}
	})
}

func TestDigestOfAttributes(t *testing.T) {
	got := sumAttributes(map[string]Attribute{"test": {DataType: "String", StringValue: "value"}})
	// The MD5 of 00000004 "test" 00000006 "String" 01 00000005 "value", calculated by another program.
	if want := "9c35d992dee4528f7d20c274d61e16f5"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRefusals(t *testing.T) {
	s, c, q := start(t, `{"SqsManagedSseEnabled": true, "Tags": [{"Key": "a", "Value": "b"}]}`)
	for properties, says := range map[string]string{
		`{"FifoQueue": true}`:              "FifoQueue",
		`{"QueueName": "a.fifo"}`:          "first-in-first-out",
		`{"RedrivePolicy": {}}`:            "RedrivePolicy",
		`{"VisibilityTimeout": 99999}`:     "VisibilityTimeout",
		`{"MessageRetentionPeriod": 1}`:    "MessageRetentionPeriod",
		`{"KmsMasterKeyId": "k"}`:          "KmsMasterKeyId",
		`{"QueueName": "` + last(q) + `"}`: "QueueNameExists",
	} {
		_, err := s.Resources()["AWS::SQS::Queue"].Create(t.Context(), resource.Request{
			StackName: "s", LogicalID: "Q", Properties: json.RawMessage(properties),
		})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want an error that contains %s", properties, err, says)
		}
	}
	if _, err := call[gateway.Empty](t, c, q, "SendMessageBatch", `{}`); err == nil || !strings.Contains(err.Error(), "sqs:SendMessageBatch") {
		t.Errorf("an operation that is not implemented: got %v", err)
	}
	if err := s.Resources()["AWS::SQS::Queue"].Delete(t.Context(), resource.Request{PhysicalID: q.PhysicalID}); err != nil {
		t.Fatal(err)
	}
	if _, err := call[gateway.Empty](t, c, q, "ReceiveMessage", `{"QueueUrl": "{url}"}`); err == nil || !strings.HasPrefix(err.Error(), "QueueDoesNotExist") {
		t.Errorf("a deleted queue: got %v", err)
	}
}

func TestQueuePolicy(t *testing.T) {
	s, _, q := start(t, `{}`)
	kind := s.Resources()["AWS::SQS::QueuePolicy"]
	r := resource.Request{StackName: "s", LogicalID: "P", Properties: json.RawMessage(
		`{"Queues": ["` + q.PhysicalID + `"], "PolicyDocument": {"Statement": []}}`)}
	made, err := kind.Create(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Policy(q.PhysicalID), `{"Statement": []}`; got != want {
		t.Errorf("policy: got %q, want %q", got, want)
	}
	other, err := s.Resources()["AWS::SQS::Queue"].Create(t.Context(), resource.Request{
		StackName: "s", LogicalID: "Other", Properties: json.RawMessage(`{}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.PhysicalID, r.Previous = made.PhysicalID, r.Properties
	missing := r
	missing.Properties = json.RawMessage(`{"Queues": ["http://127.0.0.1/none"], "PolicyDocument": {"Statement": []}}`)
	if _, err := kind.Update(t.Context(), missing); err == nil || s.Policy(q.PhysicalID) == "" {
		t.Errorf("an update with a queue that does not exist: got %v, policy %q, want an error and no change",
			err, s.Policy(q.PhysicalID))
	}
	r.Properties = json.RawMessage(`{"Queues": ["` + other.PhysicalID + `"], "PolicyDocument": {"Statement": []}}`)
	if _, err := kind.Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if s.Policy(q.PhysicalID) != "" || s.Policy(other.PhysicalID) == "" {
		t.Errorf("after the update: policies %q and %q, want only the second queue's",
			s.Policy(q.PhysicalID), s.Policy(other.PhysicalID))
	}
	q = other
	if err := kind.Delete(t.Context(), r); err != nil || s.Policy(q.PhysicalID) != "" {
		t.Errorf("after the delete: %v, policy %q", err, s.Policy(q.PhysicalID))
	}
}

func last(q resource.Resource) string {
	return q.PhysicalID[strings.LastIndexByte(q.PhysicalID, '/')+1:]
}
