package checkservice

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const arnOfWallet = "arn:aws:dms:eu-central-1:123456789012:cert:ABC"

// encryptedFile is the department's file with TLS.
var encryptedFile = strings.Replace(file, "sslMode: none", "sslMode: verify-ca, certificateArn: '"+arnOfWallet+"'", 1)

// errNoDatabase ends a test at the place where the check would connect.
var errNoDatabase = errors.New("no database")

// A department with verify-ca connects with its DMS certificate, or with the file of --wallet-file.
func TestCommandWithCertificate(t *testing.T) {
	folder := departments(t, encryptedFile)
	wallet := filepath.Join(folder, "cwallet.sso")
	authorities := filepath.Join(folder, "ca.crt")
	for path, content := range map[string]string{wallet: "local wallet", authorities: "-----BEGIN CERTIFICATE-----\nX\n"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		found       Certificate
		err         error
		args        []string
		want, never string // in what the command says
		connected   *Certificate
	}{
		"the wallet of DMS": {found: Certificate{Wallet: []byte("wallet")}, connected: &Certificate{Wallet: []byte("wallet")}},
		"PEM of DMS":        {found: Certificate{PEM: "pem"}, connected: &Certificate{PEM: "pem"}},
		"a file":            {args: []string{"--wallet-file", wallet}, connected: &Certificate{Wallet: []byte("local wallet")}},
		"a file of PEM": {
			args: []string{"--wallet-file", authorities}, connected: &Certificate{PEM: "-----BEGIN CERTIFICATE-----\nX\n"},
		},
		"no file":      {args: []string{"--wallet-file", folder + "/none"}, want: "no such file"},
		"no access":    {err: errors.New("AccessDenied"), want: "read the certificate " + arnOfWallet + ": AccessDenied; or write --wallet-file FILE"},
		"without both": {want: "DMS returns neither a wallet nor PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			secrets := func(context.Context, string) (string, error) { return "{}", nil }
			certificates := func(_ context.Context, arn string) (Certificate, error) {
				if arn != arnOfWallet || len(test.args) > 0 {
					t.Errorf("DMS was asked for %q", arn)
				}
				return test.found, test.err
			}
			var connected *Certificate
			connect := func(_, _ string, c *Certificate) (Service, error) {
				connected = c
				return Service{}, errNoDatabase
			}
			var stdout, stderr bytes.Buffer
			args := append([]string{"--departments", folder, "--department", "sales", "--job", "live"}, test.args...)
			status := Command(t.Context(), args, &stdout, &stderr, secrets, certificates, connect)
			if status != exitUsage || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("status %d, %s; want 2 and %q", status, &stderr, test.want)
			}
			switch {
			case (connected == nil) != (test.connected == nil):
				t.Errorf("connected with %v, want %v", connected, test.connected)
			case connected != nil && (connected.PEM != test.connected.PEM || !bytes.Equal(connected.Wallet, test.connected.Wallet)):
				t.Errorf("connected with %+v, want %+v", connected, test.connected)
			}
		})
	}
}

// Without TLS there is no certificate, and a file with one is refused.
func TestCommandWithoutTLS(t *testing.T) {
	folder := departments(t, file)
	var certificate *Certificate
	connect := func(_, _ string, c *Certificate) (Service, error) {
		certificate = c
		return Service{}, errNoDatabase
	}
	secrets := func(context.Context, string) (string, error) { return "{}", nil }
	for option, want := range map[string]string{"": errNoDatabase.Error(), "cwallet.sso": "has sslMode: none"} {
		args := []string{"--departments", folder, "--department", "sales", "--job", "live"}
		if option != "" {
			args = append(args, "--wallet-file", option)
		}
		var stdout, stderr bytes.Buffer
		if Command(t.Context(), args, &stdout, &stderr, secrets, nil, connect); !strings.Contains(stderr.String(), want) || certificate != nil {
			t.Errorf("%q: %s, certificate %v; want %s and none", option, &stderr, certificate, want)
		}
	}
}

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
