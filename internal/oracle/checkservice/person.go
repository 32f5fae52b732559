package checkservice

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department"
)

// countTime is the time limit for the count of one table. A Lambda function has 15 minutes for all tables.
const countTime = 10 * time.Minute

// Connect opens a database. secret is the text of a secret, a JSON object. service is Oracle's service name. certificate is nil for a
// connection without TLS.
type Connect func(secret, service string, certificate *Certificate) (Service, error)

// Secrets returns the text of a secret. id is its name or ARN.
type Secrets func(ctx context.Context, id string) (string, error)

// PersonCheck is a check of a department's database that a person runs at their machine.
type PersonCheck struct {
	Departments string // the folder of the departments' files
	Department  string // the name of the department
	Job         string // may be empty if the department has only one job
	SecretFile  string // a file that replaces the department's secret; empty for none
	WalletFile  string // a cwallet.sso or PEM file that replaces the department's certificate; empty for none

	Secrets      Secrets
	Certificates Certificates
	Connect      Connect
}

// Answer checks the database for the job. The error says why the check could not run.
func (c PersonCheck) Answer(ctx context.Context) (Answer, error) {
	d, err := c.load()
	if err != nil {
		return Answer{}, err
	}
	job, err := c.choose(d)
	if err != nil {
		return Answer{}, err
	}
	service, err := c.open(ctx, d.Source)
	if err != nil {
		return Answer{}, err
	}
	defer service.close()
	return service.Answer(ctx, OfJob(d, job))
}

// Discover lists the tables of a schema of the department's database: see OfSchema.
func (c PersonCheck) Discover(ctx context.Context, schema string, follow bool) (Answer, error) {
	d, err := c.load()
	if err != nil {
		return Answer{}, err
	}
	service, err := c.open(ctx, d.Source)
	if err != nil {
		return Answer{}, err
	}
	defer service.close()
	return service.Answer(ctx, OfSchema(d, schema, follow))
}

// load reads the file of the department.
func (c PersonCheck) load() (*department.Department, error) {
	path, err := department.Find(c.Departments, c.Department)
	if err != nil && c.Department == "" {
		return nil, fmt.Errorf("%w; write --department NAME", err)
	}
	if err != nil {
		return nil, err
	}
	return department.Load(path)
}

// open opens the database of a department.
func (c PersonCheck) open(ctx context.Context, source department.Source) (Service, error) {
	secret, err := c.secret(ctx, source)
	if err != nil {
		return Service{}, err
	}
	certificate, err := c.certificate(ctx, source)
	if err != nil {
		return Service{}, err
	}
	service, err := c.Connect(secret, source.Database, certificate)
	var wrong SecretError
	if errors.As(err, &wrong) && c.SecretFile != "" {
		return Service{}, fmt.Errorf("%s: %w", c.SecretFile, err)
	}
	if err != nil {
		return Service{}, err
	}
	return service.forPerson(), nil
}

// choose returns the job that the options name, or the department's only job.
func (c PersonCheck) choose(d *department.Department) (department.Job, error) {
	var names []string
	for _, job := range d.Jobs {
		if job.Name == c.Job || c.Job == "" && len(d.Jobs) == 1 {
			return job, nil
		}
		names = append(names, job.Name)
	}
	if c.Job == "" && len(names) > 0 {
		return department.Job{}, fmt.Errorf("department %s has several jobs; write --job and one of %s", d.Name, strings.Join(names, ", "))
	}
	return department.Job{}, fmt.Errorf("department %s has no job %q; its jobs are %s", d.Name, c.Job, strings.Join(names, ", "))
}

// secret returns the text of the secret file or, without one, of the department's secret.
func (c PersonCheck) secret(ctx context.Context, source department.Source) (string, error) {
	if c.SecretFile != "" {
		content, err := os.ReadFile(c.SecretFile)
		if err != nil {
			return "", fmt.Errorf("read the database's secret: %w", err)
		}
		return string(content), nil
	}
	id := source.SecretARN
	if id == "" {
		id = source.SecretName
	}
	secret, err := c.Secrets(ctx, id)
	if err != nil {
		return "", fmt.Errorf("%w; use AWS credentials that may read secret %s, or write --secret-file FILE, a file with %s",
			err, id, secretForm)
	}
	return secret, nil
}

// certificate returns the certificate of the wallet file or, without one, of the department. It is nil without TLS.
func (c PersonCheck) certificate(ctx context.Context, source department.Source) (*Certificate, error) {
	switch {
	case source.SSLMode == "none" && c.WalletFile != "":
		return nil, fmt.Errorf("--wallet-file %s is for sslMode: verify-ca, and the department's file has sslMode: none", c.WalletFile)
	case c.WalletFile != "":
		content, err := os.ReadFile(c.WalletFile)
		if err != nil {
			return nil, fmt.Errorf("read the certificate: %w", err)
		}
		return certificateOf(content), nil
	}
	certificate, err := c.Certificates.read(ctx, source.CertificateARN)
	if err != nil {
		return nil, fmt.Errorf("%w; or write --wallet-file FILE, the cwallet.sso that you imported", err)
	}
	return certificate, nil
}

// secretForm is an example of a secret's text.
const secretForm = `{"username": "...", "password": "...", "host": "...", "port": 1521}`
