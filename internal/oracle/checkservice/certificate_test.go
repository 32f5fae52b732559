package checkservice

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
