//go:build goora

package driver

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/checkservice"
)

// The driver connects with TLS to a listener whose certificate comes from an authority of the wallet, and to no other. The listener
// refuses the service after the handshake, so ORA-12514 proves that the handshake succeeded.
func TestTLS(t *testing.T) {
	from, until := yearOf(time.Now())
	authority, stranger := issue(t, "authority", nil, from, until), issue(t, "stranger", nil, from, until)
	server, client := issue(t, "database", &authority, from, until), issue(t, "client", &authority, from, until)
	expired := issue(t, "expired", &authority, from.AddDate(-1, 0, 0), from)
	other := issue(t, "other", &authority, from, until)
	other.certificate = onlyFor(t, "elsewhere.example", other, authority, from, until)
	trusts := func(a issued, own *issued) checkservice.Certificate {
		return checkservice.Certificate{Wallet: walletOf(t, []issued{a}, own)}
	}
	asText := checkservice.Certificate{
		PEM: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.certificate.Raw})),
	}
	clients := x509.NewCertPool()
	clients.AddCert(authority.certificate)
	const connected = "has no service of this name: ORA-12514"
	for name, test := range map[string]struct {
		has    issued
		config *tls.Config // default: all that Go has
		wallet checkservice.Certificate
		want   string
	}{
		"a trusted authority":                 {has: server, wallet: trusts(authority, nil), want: connected},
		"an authority in PEM":                 {has: server, wallet: asText, want: connected},
		"another host's name":                 {has: other, wallet: trusts(authority, nil), want: connected},
		"a certificate that the wallet has":   {has: server, wallet: trusts(server, nil), want: connected},
		"TLS 1.2 only":                        {has: server, config: &tls.Config{MaxVersion: tls.VersionTLS12}, wallet: trusts(authority, nil), want: connected},
		"what RDS has by default":             {has: server, config: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_256_CBC_SHA}}, wallet: trusts(authority, nil), want: connected},
		"a client's certificate is asked for": {has: server, config: &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}, wallet: trusts(authority, &client), want: connected},
		"a client without the certificate":    {has: server, config: &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}, wallet: trusts(authority, nil), want: "asks the client for a certificate"},
		"another authority":                   {has: server, wallet: trusts(stranger, nil), want: "does not come from an authority that the wallet trusts"},
		"an expired certificate":              {has: expired, wallet: trusts(authority, nil), want: "has expired, or is not valid yet"},
		"no cipher in common": {
			has: server, config: &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA}},
			wallet: trusts(authority, nil), want: "no version of TLS, or no cipher, in common",
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := test.config
			if config == nil {
				config = &tls.Config{}
			}
			config.Certificates = []tls.Certificate{{Certificate: [][]byte{test.has.certificate.Raw}, PrivateKey: test.has.key}}
			c := encryptedListener(t, config, noService)
			c.Certificate = &test.wallet
			checkFinding(t, c, test.want)
		})
	}
}

// A port with TLS on one side only: the fix names the other port.
func TestTLSOnOneSide(t *testing.T) {
	from, until := yearOf(time.Now())
	authority := issue(t, "authority", nil, from, until)
	server := issue(t, "database", &authority, from, until)
	wallet := &checkservice.Certificate{Wallet: walletOf(t, []issued{authority}, nil)}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // the test is over
			}
			_, _ = c.Write(noService) // in plain text
		}
	}()
	plain := Connection{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Service: "S", User: "U", Password: "P", Certificate: wallet}
	checkFinding(t, plain, "the database's port does not speak TLS")

	silent := listener(t, nil) // it waits for the rest of a packet
	silent.Certificate = wallet
	if f := checkFinding(t, silent, "does not answer in time"); !strings.Contains(f.Fix, "that of TCPS for sslMode: verify-ca") {
		t.Errorf("fix %q, want that of the port", f.Fix)
	}
	encrypted := encryptedListener(t, &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{server.certificate.Raw}, PrivateKey: server.key}},
	}, noService)
	if f := checkFinding(t, encrypted, ""); !strings.Contains(f.Fix, "that of TCP for none") {
		t.Errorf("%+v, want a fix with that of the port", f)
	}
}

// checkFinding checks a database, and wants one finding, with a fix.
func checkFinding(t *testing.T, c Connection, want string) oracle.Finding {
	t.Helper()
	db, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found := oracle.Check(t.Context(), db, nil, oracle.Needs{FullLoad: true, QueryTime: time.Second}).Findings
	if len(found) != 1 || !strings.Contains(found[0].Text, want) || found[0].Fix == "" {
		t.Fatalf("findings %+v, want one with a fix: %s", found, want)
	}
	return found[0]
}

// onlyFor returns a certificate with the key of another that is valid for one host's name.
func onlyFor(t *testing.T, host string, of, by issued, from, until time.Time) *x509.Certificate {
	t.Helper()
	template := *of.certificate
	template.DNSNames, template.IPAddresses, template.NotBefore, template.NotAfter = []string{host}, nil, from, until
	raw, err := x509.CreateCertificate(nil, &template, by.certificate, of.key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A wallet with nothing but the client's certificate trusts no database.
func TestWalletWithoutAuthority(t *testing.T) {
	from, until := yearOf(time.Now())
	client := issue(t, "client", nil, from, until)
	for name, test := range map[string]struct {
		certificate checkservice.Certificate
		want        string
	}{
		"a wallet": {checkservice.Certificate{Wallet: walletOf(t, nil, &client)}, "the wallet trusts no authority"},
		"PEM":      {checkservice.Certificate{PEM: "-----BEGIN CERTIFICATE-----\n"}, "no certificate in PEM"},
	} {
		if _, _, err := authorities(test.certificate); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}
