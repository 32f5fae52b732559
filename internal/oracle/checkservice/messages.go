package checkservice

import (
	"errors"
	"regexp"
	"strings"

	"github.com/oralake/oralake/internal/oracle/client"
)

// SecretError is the error of Connect for a secret that has no valid database connection. It never quotes the secret.
type SecretError struct{ Err error }

func (e SecretError) Error() string { return e.Err.Error() }

func (e SecretError) Unwrap() error { return e.Err }

// noCode is the prefix that godror adds to a message without an Oracle error code, such as one about the client library.
const noCode = "ORA-00000: "

// removeNoCode removes noCode from all messages of the answer.
func (a *Answer) removeNoCode() {
	for i := range a.Findings {
		a.Findings[i].Text = strings.ReplaceAll(a.Findings[i].Text, noCode, "")
	}
	for i := range a.RowCounts {
		a.RowCounts[i].Why = strings.ReplaceAll(a.RowCounts[i].Why, noCode, "")
	}
	if r := a.Redo; r != nil {
		r.Problem, r.TransactionProblem = strings.ReplaceAll(r.Problem, noCode, ""), strings.ReplaceAll(r.TransactionProblem, noCode, "")
	}
}

// withoutNoCode returns an error without noCode.
func withoutNoCode(err error) error {
	if err == nil || !strings.Contains(err.Error(), noCode) {
		return err
	}
	return errors.New(strings.ReplaceAll(err.Error(), noCode, ""))
}

// forPerson returns the service with explanations for a person's machine. Such a machine has no layer and no security group.
// It may be unable to reach a database that the Lambda function can reach.
func (s Service) forPerson() Service {
	s.Explain = func(err error) (text, fix string, known bool) {
		if text, fix, known = client.ExplainHere(err); known || !unreachable(err) {
			return text, fix, known
		}
		return "this machine does not reach " + s.Address, "run this on a machine that reaches the database, or through a tunnel " +
			"with a --secret-file that has its host and port; or correct host and port of the secret", true
	}
	return s
}

// unreachableText matches Oracle's codes for a listener that does not answer (connection closed, no listener, unreachable,
// unknown host, timeout), and the same errors of Go's net package.
var unreachableText = regexp.MustCompile(`ORA-(12537|12541|12543|12545|12170)\b|` +
	`connection refused|connection reset|no route to host|network is unreachable|i/o timeout|no such host|EOF$`)

// unreachable reports whether an error says that the network connection to the database failed. Each driver has its own
// messages for that.
func unreachable(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) || unreachableText.MatchString(strings.TrimSpace(err.Error()))
}
