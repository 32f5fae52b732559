package oracle

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The error codes of Oracle that the check explains.
const (
	noSuchTable      = 942
	noSuchColumn     = 904
	noPrivilege      = 1031
	badContext       = 2003
	snapshotTooOld   = 1555
	badSCN           = 8181
	tableChanged     = 1466 // the table's definition is newer than the SCN
	wrongPassword    = 1017
	accountLocked    = 28000
	passwordExpired  = 28001
	noCreateSession  = 1045
	unknownAlias     = 12154
	unknownSID       = 12505
	unknownService   = 12514
	noListener       = 12541
	connectTimeout   = 12170
	hostUnreachable  = 12543
	hostUnknown      = 12545
	connectionClosed = 12537
	operationTimeout = 12535
	lostContact      = 12547
	notOpen          = 1109
	notAvailable     = 1034
	starting         = 1033
	weakEncryption   = 12269
	unknownCharset   = 12737
	oldServer        = 3134
	noSnapshot       = 8180
	badLowerLimit    = 30052
	noPrivileges     = 41900 // Oracle 23ai's error for a missing privilege
	nestedTable      = 22812 // a nested table cannot be read by its own name
	invalidView      = 4063
	noLogMiner       = 1306 // a LogMiner view can be read only while LogMiner runs: the user has the privilege
)

// noMoreSessions are the error codes of a database that accepts no more sessions.
var noMoreSessions = []int{18, 20, 2391, 12516, 12519, 12520}

var oraCode = regexp.MustCompile(`ORA-(\d{5})`)

// codeOf returns the first Oracle error code in an error's text, or 0. Each driver has its own error type, but all of them
// print the code.
func codeOf(err error) int {
	if err == nil {
		return 0
	}
	m := oraCode.FindStringSubmatch(err.Error())
	if m == nil {
		return 0
	}
	code, _ := strconv.Atoi(m[1]) // cannot fail: the pattern allows only digits
	return code
}

// noAccess reports whether Oracle denies access to an object. Oracle reports a missing privilege in the same way as a
// missing object.
func noAccess(err error) bool {
	return slices.Contains([]int{noSuchTable, noPrivilege, noPrivileges}, codeOf(err))
}

// refusal reports whether Oracle refuses a statement because of what it names, before it reads a row.
func refusal(err error) bool {
	return noAccess(err) || slices.Contains([]int{noSuchColumn, nestedTable, invalidView, noLogMiner}, codeOf(err))
}

// connectionFinding returns the finding that explains why the first statement failed.
func (s *session) connectionFinding(err error) Finding {
	f := Finding{Assessment: "oralake-connection", Severity: Failed}
	if s.explain != nil {
		if text, fix, known := s.explain(err); known {
			f.Text, f.Fix = text+": "+firstLine(err), fix
			return f
		}
	}
	const network = "check that the function's security group allows the database's port, that the database's firewall and " +
		"listener accept the connection, and that the secret has the right host and port"
	switch code := codeOf(err); code {
	case wrongPassword:
		f.Text, f.Fix = "Oracle refuses the user or the password", "write the right username and password into the secret"
	case accountLocked:
		f.Text, f.Fix = "the user's account is locked", "ALTER USER name ACCOUNT UNLOCK"
	case passwordExpired:
		f.Text, f.Fix = "the user's password has expired", "ALTER USER name IDENTIFIED BY new_password, and the same in the secret"
	case noCreateSession:
		f.Text, f.Fix = "the user may not log in", "GRANT CREATE SESSION TO name"
	case unknownAlias, unknownSID, unknownService:
		f.Text = "the listener has no service of this name"
		f.Fix = "write the service name that `lsnrctl services` shows: source: {database: NAME}"
	case noListener, connectTimeout, hostUnreachable, hostUnknown, connectionClosed, operationTimeout, lostContact:
		f.Text, f.Fix = "the database cannot be reached", network
	case weakEncryption: // from go-ora, if the database requires native encryption
		f.Text, f.Fix = "the database requires an encryption that the driver does not have", "source: {driver: godror}"
	case unknownCharset:
		f.Text = "Oracle's client does not know the character set of the database: Basic Light knows only a few"
		f.Fix = "make the layer from the Basic package of the client: `go run ./lambda_layer -client ZIP`; or source: {driver: go-ora}"
	case oldServer:
		f.Text = "Oracle's client is too new for the database"
		f.Fix = "make the layer from an older client: 19 reaches databases from 11.2 on, 21 from 12.1 on, 23 from 19 on"
	case notOpen, notAvailable, starting:
		f.Text, f.Fix = "the database is not open", "ALTER DATABASE OPEN"
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

// firstLine returns the first line of an error. Oracle and its drivers add many lines of explanation.
func firstLine(err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return line
}
