package checkservice

import (
	"context"
	"fmt"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/documents"
)

// Input is the input of the function: a Request, or where one lies. A job of a thousand tables has a longer request, and a
// longer answer, than a state of Step Functions can carry.
type Input struct {
	Request
	// From is where the Request lies; nil for the one in the Input itself.
	From *contract.Address `json:"from,omitempty"`
	// To is where the Answer goes; nil for the function's own output.
	To *contract.Address `json:"to,omitempty"`
}

// Output is the output of the function when its Answer goes elsewhere.
type Output struct {
	Driver  string  `json:"driver"`
	SCN     int64   `json:"scn,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
}

// Handler is the Lambda function.
type Handler struct {
	SecretID  string // of the secret that DMS uses for the same database
	Database  string // the service
	Secrets   Secrets
	Connect   Connect
	Documents documents.Store
}

// Handle answers a request. What is wrong with the database, with the way to it or with the client library is in the answer. An
// error means that nobody can answer the request.
func (h Handler) Handle(ctx context.Context, in Input) (out any, err error) {
	request := in.Request
	if in.From != nil {
		if err := documents.Read(ctx, h.Documents, *in.From, &request); err != nil {
			return nil, fmt.Errorf("the request of a check: %w", err)
		}
	}
	answer, err := h.answer(ctx, request)
	if err != nil || in.To == nil {
		return answer, err
	}
	if err := documents.Write(ctx, h.Documents, *in.To, answer); err != nil {
		return nil, fmt.Errorf("the answer of a check: %w", err)
	}
	return Output{Driver: answer.Driver, SCN: answer.SCN, Seconds: answer.Seconds}, nil
}

func (h Handler) answer(ctx context.Context, r Request) (Answer, error) {
	secret, err := h.Secrets(ctx, h.SecretID)
	if err != nil {
		return Answer{}, err
	}
	service, err := h.Connect(secret, h.Database)
	if err != nil {
		return Answer{}, err
	}
	defer service.close()
	return service.Answer(ctx, r)
}
