package oracle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// connectionFinding returns the finding that explains why the first statement failed.
func (s *session) connectionFinding(err error) Finding {
	f := Finding{Assessment: "oralake-connection", Severity: Failed}
	if s.explain != nil {
		if text, fix, known := s.explain(err); known {
			f.Text, f.Fix = text+": "+firstLine(err), fix
			return f
		}
	}
	if text, fix, known := tlsProblem(err); known {
		f.Text, f.Fix = text+": "+firstLine(err), fix
		return f
	}
	const network = "check that the function's security group allows the database's port, that the database's firewall and " +
		"listener accept the connection, and that the secret has the right host and port: that of TCPS for sslMode: verify-ca, that of " +
		"TCP for none"
	switch code := codeOf(err); code {
	case wrongPassword:
		f.Text, f.Fix = "Oracle refuses the user or the password", "write the right username and password into the secret"
	case accountLocked:
		f.Text, f.Fix = "the user's account is locked", "ALTER USER name ACCOUNT UNLOCK;"
	case passwordExpired:
		f.Text, f.Fix = "the user's password has expired", "ALTER USER name IDENTIFIED BY new_password; and the same in the secret"
	case noCreateSession:
		f.Text, f.Fix = "the user may not log in", "GRANT CREATE SESSION TO name;"
	case unknownAlias, unknownSID, unknownService:
		f.Text = "the listener has no service of this name"
		f.Fix = "write the service name that `lsnrctl services` shows: source: {database: NAME}"
	case noListener, connectTimeout, hostUnreachable, hostUnknown, connectionClosed, operationTimeout, lostContact:
		f.Text, f.Fix = "the database cannot be reached", network
	case weakEncryption, noCommonEncryption, otherEncryption: // native encryption, which is not TLS
		f.Text, f.Fix = "the database requires an encryption that the driver does not have", "source: {driver: godror}"
	case unknownCharset:
		f.Text = "Oracle's client does not know the character set of the database: Basic Light knows only a few"
		f.Fix = "make the layer from the Basic package of the client: `go run ./lambda_layer -client ZIP`; or source: {driver: go-ora}"
	case oldServer:
		f.Text = "Oracle's client is too new for the database"
		f.Fix = "make the layer from an older client: 19 reaches databases from 11.2 on, 21 from 12.1 on, 23 from 19 on"
	case notOpen, notAvailable, starting:
		f.Text, f.Fix = "the database is not open", "ALTER DATABASE OPEN; or, for a pluggable database, in CDB$ROOT ALTER PLUGGABLE DATABASE name OPEN;"
	default:
		f.Text = "the first query failed"
		if slices.Contains(noMoreSessions, code) {
			f.Text, f.Fix = "the database accepts no more sessions", "end some sessions, or raise SESSIONS, PROCESSES or the user's SESSIONS_PER_USER"
		} else if errors.Is(err, errSlow) || errors.Is(err, context.DeadlineExceeded) {
			f.Text, f.Fix = "the database does not answer in time", network
		} else if isNetwork(err) {
			f.Text, f.Fix = "the database cannot be reached", network
		}
	}
	f.Text += fmt.Sprintf(": %s", firstLine(err))
	return f
}

// isNetwork reports whether an error comes from Go's net package. A driver without a client library returns such errors.
func isNetwork(err error) bool {
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) {
		return true
	}
	text := err.Error()
	return strings.HasSuffix(text, "EOF") || slices.ContainsFunc(
		[]string{"connection refused", "connection reset", "no route to host", "i/o timeout", "no such host"},
		func(s string) bool { return strings.Contains(text, s) })
}
