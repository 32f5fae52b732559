package commandline

import (
	"github.com/oralake/oralake/internal/oracle/checkservice"
)

// checkCommand is `oralake check`.
type checkCommand struct {
	Job        string `placeholder:"NAME" help:"The job. May be left out if the department has only one."`
	SecretFile string `placeholder:"FILE" help:"A file with {\"username\": \"...\", \"password\": \"...\", \"host\": \"...\", \"port\": 1521}, which replaces the department's secret."`
	WalletFile string `placeholder:"FILE" help:"A cwallet.sso or PEM file, which replaces the department's certificate."`
}

// Run checks the source database from this machine. A finding that fails the job needs a person.
func (c *checkCommand) Run(s *session) error {
	answer, err := checkservice.PersonCheck{
		Departments: s.Departments, Department: s.Department, Job: c.Job, SecretFile: c.SecretFile, WalletFile: c.WalletFile,
		Secrets: s.Secrets, Certificates: s.Certificates, Connect: s.Connect,
	}.Answer(s.ctx)
	if err != nil {
		return err
	}
	return s.show(answer, !answer.Ready(), func(p *page) {
		// A page is memory: writing to it does not fail.
		_ = answer.Print(p)
	})
}
