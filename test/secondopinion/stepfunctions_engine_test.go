package secondopinion

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
	"github.com/oralake/oralake/test/aws/stepfunctions"
)

// response is a function's response to one call: a payload, or the payload of an error. The payload "$input" returns the
// input.
type response struct {
	Payload json.RawMessage `json:"payload,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// job is one execution for an engine.
type job struct {
	Definition json.RawMessage       `json:"definition"`
	Input      json.RawMessage       `json:"input"`
	Responses  map[string][]response `json:"responses"`
}

// outcome is the result of a job on an engine.
type outcome struct {
	Status string   `json:"status"`
	Output any      `json:"output"`
	Error  string   `json:"error"`
	Cause  string   `json:"cause"`
	States []string `json:"states"` // in the order of entry
}

// script is a Lambda service that returns a job's responses. It also gives every caller the zero principal.
type script struct {
	mu        sync.Mutex
	responses map[string][]response
}

func (*script) Principal(string) (gateway.Principal, error) { return gateway.Principal{}, nil }

func (*script) Credentials(string, string) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "key", SecretAccessKey: "secret"}, nil
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	input, err := io.ReadAll(r.Body)
	if err != nil {
		gateway.WriteError(w, r, err)
		return
	}
	name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/2015-03-31/functions/"), "/invocations")
	name = name[strings.LastIndexByte(name, ':')+1:]
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.responses[name]) == 0 {
		gateway.WriteError(w, r, errors.New("the script has no more responses of "+name))
		return
	}
	answer := s.responses[name][0]
	s.responses[name] = s.responses[name][1:]
	payload := answer.Payload
	switch {
	case answer.Error != nil:
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		// The cause is the exact text of the payload, and the other engine writes compact JSON.
		var compact bytes.Buffer
		if err := json.Compact(&compact, answer.Error); err != nil {
			gateway.WriteError(w, r, err)
			return
		}
		payload = compact.Bytes()
	case string(payload) == `"$input"`:
		payload = input
	}
	_, _ = w.Write(payload)
}

// runHere runs a job on the embedded Step Functions, in virtual time.
func runHere(t *testing.T, j job) (result outcome) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		acct := account.Account{ID: "111122223333", Region: "eu-central-1"}
		lambda := &script{responses: map[string][]response{}}
		for name, responses := range j.Responses {
			lambda.responses[name] = append([]response{}, responses...)
		}
		g := gateway.New(lambda)
		config := func(p aws.CredentialsProvider) aws.Config { return g.Config(acct.Region, p) }
		service := stepfunctions.New(acct, clock.Clock{}, lambda, config, nil)
		g.Handle("states", service.Handler())
		g.Handle("lambda", lambda)
		defer func() {
			if err := service.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		client := sfn.NewFromConfig(config(credentials.NewStaticCredentialsProvider("key", "secret", "")))
		properties, err := json.Marshal(map[string]string{
			"StateMachineName": "machine", "RoleArn": "arn:aws:iam::111122223333:role/workflow",
			"DefinitionString": string(j.Definition),
		})
		if err != nil {
			t.Fatal(err)
		}
		machine, err := service.Resources()["AWS::StepFunctions::StateMachine"].Create(t.Context(),
			resource.Request{Properties: properties})
		if err != nil {
			t.Fatal(err)
		}
		execution, err := client.StartExecution(t.Context(), &sfn.StartExecutionInput{
			StateMachineArn: &machine.PhysicalID, Name: aws.String("run-1"), Input: aws.String(string(j.Input)),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := service.Wait(t.Context(), *execution.ExecutionArn); err != nil {
			t.Fatal(err)
		}
		result = read(t, client, *execution.ExecutionArn)
	})
	return result
}

func read(t *testing.T, client *sfn.Client, execution string) outcome {
	described, err := client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &execution})
	if err != nil {
		t.Fatal(err)
	}
	result := outcome{
		Status: string(described.Status), Error: aws.ToString(described.Error), Cause: aws.ToString(described.Cause),
	}
	if described.Output != nil {
		if err := json.Unmarshal([]byte(*described.Output), &result.Output); err != nil {
			t.Fatalf("output %s: %v", *described.Output, err)
		}
	}
	pages := sfn.NewGetExecutionHistoryPaginator(client, &sfn.GetExecutionHistoryInput{ExecutionArn: &execution})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range page.Events {
			if event.StateEnteredEventDetails != nil {
				result.States = append(result.States, *event.StateEnteredEventDetails.Name)
			}
		}
	}
	return result
}
