package checkservice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Address is where a document lies in S3.
type Address struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
}

// String is the address as the AWS command line writes it.
func (a Address) String() string { return "s3://" + a.Bucket + "/" + a.Key }

// Input is the input of the function: a Request, or where one lies. A job of a thousand tables has more to ask, and more
// to hear, than a state of Step Functions can carry.
type Input struct {
	Request
	// From is where the Request lies; nil for the one in the order itself.
	From *Address `json:"from,omitempty"`
	// To is where the Answer goes; nil for the function's own output.
	To *Address `json:"to,omitempty"`
}

// Output is the output of the function when its Answer goes elsewhere.
type Output struct {
	Driver  string  `json:"driver"`
	Summary Summary `json:"summary"`
	SCN     int64   `json:"scn,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
}

// Objects reads and writes documents.
type Objects interface {
	Read(ctx context.Context, from Address) ([]byte, error)
	Write(ctx context.Context, to Address, content []byte) error
}

// Handler is the Lambda function.
type Handler struct {
	SecretID string // of the secret that DMS uses for the same database
	Database string // the service
	Secrets  Secrets
	Connect  Connect
	Objects  Objects
}

// named is how many findings a Reply names.
const named = 10

// Handle carries out an order. What is wrong with the database, with the way to it or with the client library is in the
// answer; an error is a function that is set up wrongly, or an order that nobody can carry out.
func (f Handler) Handle(ctx context.Context, o Input) (out any, err error) {
	if f.SecretID == "" || f.Database == "" {
		return nil, errors.New("ORALAKE_SECRET_ID or ORALAKE_DATABASE is not set: deploy the stack again")
	}
	request := o.Request
	if o.From != nil {
		content, err := f.Objects.Read(ctx, *o.From)
		if err != nil {
			return nil, fmt.Errorf("read the request: %w", err)
		}
		if err := json.Unmarshal(content, &request); err != nil {
			return nil, fmt.Errorf("read the request %s: %w", o.From, err)
		}
	}
	answer, err := f.ask(ctx, request)
	if err != nil || o.To == nil {
		return answer, err
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ") // People read it.
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		return nil, fmt.Errorf("write the answer: %w", err)
	}
	if err := f.Objects.Write(ctx, *o.To, []byte(b.String())); err != nil {
		return nil, fmt.Errorf("write the answer: %w", err)
	}
	return Output{
		Driver: answer.Driver, Summary: Summarize(answer.Report, named), SCN: answer.SCN, Seconds: answer.Seconds,
	}, nil
}

func (f Handler) ask(ctx context.Context, r Request) (Answer, error) {
	secret, err := f.Secrets(ctx, f.SecretID)
	if err != nil {
		return Answer{}, err
	}
	inspector, err := f.Connect(secret, f.Database)
	if err != nil {
		return Answer{}, err
	}
	defer inspector.close()
	return inspector.Answer(ctx, r)
}
