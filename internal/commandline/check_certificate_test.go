package commandline

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/oracle/checkservice"
)

const arnOfWallet = "arn:aws:dms:eu-central-1:123456789012:cert:ABC"

// encryptedFile is the department's file with TLS.
var encryptedFile = strings.Replace(file, "sslMode: none", "sslMode: verify-ca, certificateArn: '"+arnOfWallet+"'", 1)

// errNoDatabase ends a test at the place where the check would connect.
var errNoDatabase = errors.New("no database")

// A department with verify-ca connects with its DMS certificate, or with the file of --wallet-file.
func TestCheckWithCertificate(t *testing.T) {
	folder := departments(t, encryptedFile)
	wallet := filepath.Join(folder, "cwallet.sso")
	authorities := filepath.Join(folder, "ca.crt")
	for path, content := range map[string]string{wallet: "local wallet", authorities: "-----BEGIN CERTIFICATE-----\nX\n"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		found       checkservice.Certificate
		err         error
		args        []string
		want, never string // in what the command says
		connected   *checkservice.Certificate
	}{
		"the wallet of DMS": {found: checkservice.Certificate{Wallet: []byte("wallet")}, connected: &checkservice.Certificate{Wallet: []byte("wallet")}},
		"PEM of DMS":        {found: checkservice.Certificate{PEM: "pem"}, connected: &checkservice.Certificate{PEM: "pem"}},
		"a file":            {args: []string{"--wallet-file", wallet}, connected: &checkservice.Certificate{Wallet: []byte("local wallet")}},
		"a file of PEM": {
			args: []string{"--wallet-file", authorities}, connected: &checkservice.Certificate{PEM: "-----BEGIN CERTIFICATE-----\nX\n"},
		},
		"no file":      {args: []string{"--wallet-file", folder + "/none"}, want: "no such file"},
		"no access":    {err: errors.New("AccessDenied"), want: "read the certificate " + arnOfWallet + ": AccessDenied; or write --wallet-file FILE"},
		"without both": {want: "DMS returns neither a wallet nor PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			secrets := func(context.Context, string) (string, error) { return "{}", nil }
			certificates := func(_ context.Context, arn string) (checkservice.Certificate, error) {
				if arn != arnOfWallet || len(test.args) > 0 {
					t.Errorf("DMS was asked for %q", arn)
				}
				return test.found, test.err
			}
			var connected *checkservice.Certificate
			connect := func(_, _ string, c *checkservice.Certificate) (checkservice.Service, error) {
				connected = c
				return checkservice.Service{}, errNoDatabase
			}
			var stdout, stderr bytes.Buffer
			args := append([]string{"check", "--departments", folder, "--department", "sales", "--job", "live"}, test.args...)
			status := Main(t.Context(), args, World{
				Stdout: &stdout, Stderr: &stderr, Secrets: secrets, Certificates: certificates, Connect: connect,
			})
			if status != Failed || !strings.Contains(stderr.String(), test.want) {
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
func TestCheckWithoutTLS(t *testing.T) {
	folder := departments(t, file)
	var certificate *checkservice.Certificate
	connect := func(_, _ string, c *checkservice.Certificate) (checkservice.Service, error) {
		certificate = c
		return checkservice.Service{}, errNoDatabase
	}
	secrets := func(context.Context, string) (string, error) { return "{}", nil }
	for option, want := range map[string]string{"": errNoDatabase.Error(), "cwallet.sso": "has sslMode: none"} {
		args := []string{"check", "--departments", folder, "--department", "sales", "--job", "live"}
		if option != "" {
			args = append(args, "--wallet-file", option)
		}
		var stdout, stderr bytes.Buffer
		Main(t.Context(), args, World{Stdout: &stdout, Stderr: &stderr, Secrets: secrets, Connect: connect})
		if !strings.Contains(stderr.String(), want) || certificate != nil {
			t.Errorf("%q: %s, certificate %v; want %s and none", option, &stderr, certificate, want)
		}
	}
}
