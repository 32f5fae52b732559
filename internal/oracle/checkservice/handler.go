package checkservice

import (
	"context"
	"fmt"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/oracle"
)

// Input is the input of the function. It contains a Request, or the address of an S3 object with one. A job of a thousand
// tables needs an object: its request and its answer are longer than the limit of a Step Functions state.
type Input struct {
	Request
	// From is the S3 object with the Request; nil if the Input contains it.
	From *contract.Address `json:"from,omitempty"`
	// To is the S3 object to which the function writes the Answer; nil if the function returns the Answer.
	To *contract.Address `json:"to,omitempty"`
}

// Output is what a run reads of what the function returns: all of it if the function writes its Answer to an S3 object, and a part
// of the Answer otherwise.
type Output struct {
	Driver  string               `json:"driver"`
	SCN     int64                `json:"scn,omitempty"`
	Redo    *oracle.ArchivedRedo `json:"redo,omitempty"`
	Seconds float64              `json:"seconds,omitempty"`
}

// Handler is the Lambda function that checks one database.
type Handler struct {
	SecretID string // the name or ARN of the secret that DMS uses for the same database
	Database string // Oracle's service name
	// CertificateARN is the DMS certificate of the endpoint; empty for a connection without TLS.
	CertificateARN string
	Secrets        Secrets
	Certificates   Certificates
	Connect        Connect
	Documents      documents.Store
}

// Handle answers a request. Problems with the database, the network or Oracle's client library are findings in the answer.
// Handle returns an error if it cannot read the secret, the certificate, the request or the SCN, if the request is not valid, or if it cannot
// write the answer.
func (h Handler) Handle(ctx context.Context, in Input) (out any, err error) {
	request := in.Request
	if in.From != nil {
		if err := documents.Read(ctx, h.Documents, *in.From, &request); err != nil {
			return nil, fmt.Errorf("read the check's request: %w", err)
		}
	}
	answer, err := h.answer(ctx, request)
	if err != nil || in.To == nil {
		return answer, err
	}
	if err := documents.Write(ctx, h.Documents, *in.To, answer); err != nil {
		return nil, fmt.Errorf("write the check's answer: %w", err)
	}
	return Output{Driver: answer.Driver, SCN: answer.SCN, Redo: answer.Redo, Seconds: answer.Seconds}, nil
}

func (h Handler) answer(ctx context.Context, r Request) (Answer, error) {
	secret, err := h.Secrets(ctx, h.SecretID)
	if err != nil {
		return Answer{}, err
	}
	certificate, err := h.Certificates.read(ctx, h.CertificateARN)
	if err != nil {
		return Answer{}, err
	}
	service, err := h.Connect(secret, h.Database, certificate)
	if err != nil {
		return Answer{}, err
	}
	defer service.close()
	return service.Answer(ctx, r)
}
