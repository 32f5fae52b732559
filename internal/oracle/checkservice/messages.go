package checkservice

import (
	"errors"
	"regexp"
	"strings"

	"github.com/oralake/oralake/internal/oracle/client"
)

// SecretError is what Connect fails with for a secret that is no secret of a database. It never quotes the secret.
type SecretError struct{ Err error }

func (e SecretError) Error() string { return e.Err.Error() }

func (e SecretError) Unwrap() error { return e.Err }

// noCode is what godror puts before a text that Oracle has no number for, such as one of its client library.
const noCode = "ORA-00000: "

// plain takes the number that is none out of what people read.
func (a *Answer) plain() {
	for i := range a.Findings {
		a.Findings[i].Text = strings.ReplaceAll(a.Findings[i].Text, noCode, "")
	}
	for i := range a.RowCounts {
		a.RowCounts[i].Why = strings.ReplaceAll(a.RowCounts[i].Why, noCode, "")
	}
}

// plainError is an error without the number that is none.
func plainError(err error) error {
	if err == nil || !strings.Contains(err.Error(), noCode) {
		return err
	}
	return errors.New(strings.ReplaceAll(err.Error(), noCode, ""))
}

// forPerson makes the inspector explain what is wrong as it is at a person's machine: it has no layer and no security
// group, and the function may well reach what this machine does not.
func (i Service) forPerson() Service {
	i.Explain = func(err error) (text, fix string, known bool) {
		if text, fix, known = client.ExplainHere(err); known || !unreachable(err) {
			return text, fix, known
		}
		return "this machine does not reach " + i.Address, "run this on a machine that reaches the database, or through a tunnel " +
			"with a --secret-file that has its host and port; or mend host and port of the secret", true
	}
	return i
}

// unreached are Oracle's codes of a listener that does not answer: connection closed, no listener, unreachable, unknown,
// timeout.
var unreached = regexp.MustCompile(`ORA-(12537|12541|12543|12545|12170)\b|` +
	`connection refused|connection reset|no route to host|network is unreachable|i/o timeout|no such host|EOF$`)

// unreachable says that an error is one of the way to the database: each driver says it in its own words.
func unreachable(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) || unreached.MatchString(strings.TrimSpace(err.Error()))
}
