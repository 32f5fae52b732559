package oracle

import (
	"errors"
	"strings"
	"testing"
)

// The codes of Oracle's client that a person meets with a wallet have words and a fix. Package driver tests those of go-ora.
func TestTLSCodes(t *testing.T) {
	s := &session{}
	for message, want := range map[string]string{
		"ORA-28759: failure to open file":                                      "cannot read the wallet",
		"ORA-29106: Cannot import PKCS #12 wallet.":                            "cannot read the wallet",
		"ORA-28860: Fatal SSL error":                                           "no version of TLS, or no cipher, in common",
		"ORA-28862: SSL connection failed":                                     "no version of TLS, or no cipher, in common",
		"ORA-29024: Certificate validation failure":                            "does not come from an authority that the wallet trusts",
		"ORA-29002: SSL transport detected invalid or obsolete server":         "certificate is not valid",
		"ORA-29003: SSL transport detected mismatched server certificate":      "certificate is not valid",
		"remote error: tls: protocol version not supported":                    "no version of TLS, or no cipher, in common",
		"ORA-12650: No common encryption or data integrity algorithm":          "an encryption that the driver does not have",
		"ORA-12660: Encryption or crypto-checksumming parameters incompatible": "an encryption that the driver does not have",
	} {
		if f := s.connectionFinding(errors.New(message)); !strings.Contains(f.Text, want) || f.Fix == "" {
			t.Errorf("%s: %+v, want %q and a fix", message, f, want)
		}
	}
	if text, _, known := tlsProblem(errors.New("ORA-01017: invalid username/password; logon denied")); known {
		t.Errorf("a wrong password: %q, want nothing", text)
	}
}
