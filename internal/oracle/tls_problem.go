package oracle

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
)

// The error codes of Oracle's client for problems with TLS (Database Error Messages, ORA-28750 to ORA-29250).
var (
	walletUnreadable = []int{28759, 29106, 29143} // cannot open the file, cannot import the wallet, no message of the library
	untrusted        = []int{28868, 29024}        // certificate chain check failed, certificate validation failure
	invalidServer    = []int{29002, 29003}        // the server's certificate is invalid or obsolete, or has another name
	noHandshake      = []int{28750, 28857, 28858, 28859, 28860, 28861, 28862, 28864, 28865, 29019, 29039}
)

// tlsProblem explains why a TLS connection failed. known is false if the error is of something else.
func tlsProblem(err error) (text, fix string, known bool) {
	const (
		trustFix = "add the database's authority to the wallet, `orapki wallet add -wallet FOLDER -trusted_cert -cert FILE " +
			"-auto_login_only`, import it with `aws dms import-certificate`, and write its ARN: source: {certificateArn: ARN}"
		renewFix = "give the database a certificate that is valid now"
		portFix  = "write the port of TCPS into the secret, which `lsnrctl status` shows; or source: {sslMode: none}, without certificateArn"
	)
	said := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(err.Error(), w) })
	}
	code := codeOf(err)
	is := func(codes []int) bool { return slices.Contains(codes, code) }
	var plain tls.RecordHeaderError
	var invalid x509.CertificateInvalidError
	switch {
	case is(walletUnreadable):
		return "Oracle's client cannot read the wallet", "make the wallet again, with -auto_login_only; import the file cwallet.sso with " +
			"`aws dms import-certificate`, and write its ARN: source: {certificateArn: ARN}", true
	case is(untrusted) || errors.As(err, new(x509.UnknownAuthorityError)):
		return "the database's certificate does not come from an authority that the wallet trusts", trustFix, true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the database's certificate has expired, or is not valid yet", renewFix, true
	case is(invalidServer) || errors.As(err, &invalid):
		return "the database's certificate is not valid", renewFix, true
	case errors.As(err, &plain):
		return "the database's port does not speak TLS", portFix, true
	case said("tls: certificate required", "tls: bad certificate"):
		return "the database asks the client for a certificate", "add the client's certificate and its key to the wallet, or set " +
			"SSL_CLIENT_AUTHENTICATION = FALSE in the database's sqlnet.ora and listener.ora", true
	case is(noHandshake) || said("tls: handshake failure", "tls: protocol version not supported", "tls: server selected unsupported",
		"tls: insufficient security", "tls: no cipher suite"):
		return "the driver and the database have no version of TLS, or no cipher, in common, or the port does not speak TLS",
			"allow TLS 1.2 and a cipher with AES at the database (SSL_VERSION, SSL_CIPHER_SUITES); or " + portFix, true
	}
	return "", "", false
}
