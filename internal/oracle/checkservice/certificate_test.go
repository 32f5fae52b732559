package checkservice

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const arnOfWallet = "arn:aws:dms:eu-central-1:123456789012:cert:ABC"

// errNoDatabase ends a test at the place where the check would connect.
var errNoDatabase = errors.New("no database")

// The function reads the certificate of its environment.
func TestHandlerWithCertificate(t *testing.T) {
	h := Handler{
		SecretID: "s", Database: "D", CertificateARN: arnOfWallet,
		Secrets: func(context.Context, string) (string, error) { return "{}", nil },
		Certificates: func(_ context.Context, arn string) (Certificate, error) {
			return Certificate{Wallet: []byte(arn)}, nil
		},
		Connect: func(_, _ string, c *Certificate) (Service, error) {
			if c == nil || string(c.Wallet) != arnOfWallet {
				t.Errorf("connected with %v, want the wallet", c)
			}
			return Service{}, errNoDatabase
		},
	}
	if _, err := h.Handle(t.Context(), Input{}); !errors.Is(err, errNoDatabase) {
		t.Errorf("got %v, want %v", err, errNoDatabase)
	}
}

// answering is DMS with one answer. An empty one never comes.
type answering struct {
	status int
	body   string
}

func (a answering) Do(r *http.Request) (*http.Response, error) {
	if a.body == "" {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amzn-Errortype": {"ResourceNotFoundFault"}},
		Body: io.NopCloser(strings.NewReader(a.body)),
	}, nil
}

// Without a route to DMS the check says so after a while. A certificate that does not exist says how to import it.
func TestCertificatesOfDMS(t *testing.T) {
	for name, test := range map[string]struct {
		dms  answering
		want string // in the error; empty for none
	}{
		"a wallet":       {answering{200, `{"Certificates": [{"CertificateWallet": "d2FsbGV0"}]}`}, ""},
		"no certificate": {answering{200, `{"Certificates": []}`}, "it does not exist; import the wallet"},
		"not found":      {answering{400, `{"__type": "ResourceNotFoundFault", "message": "x"}`}, "it does not exist; import the wallet"},
		"no route":       {answering{}, "does not answer in 20s: the function needs a route to it; add an interface VPC endpoint com.amazonaws.eu-central-1.dms"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				read := certificates(aws.Config{Region: "eu-central-1", HTTPClient: test.dms, Credentials: aws.AnonymousCredentials{}})
				c, err := read.read(t.Context(), arnOfWallet)
				if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %q", err, test.want)
				}
				if err == nil && string(c.Wallet) != "wallet" {
					t.Errorf("got %q, want the wallet", c.Wallet)
				}
				if took := time.Since(began); took > answerTime {
					t.Errorf("took %s, want at most %s", took, answerTime)
				}
			})
		})
	}
}
