package checkservice

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department"
)

// countTime is the time limit for the count of one table. A Lambda function has 15 minutes for all tables.
const countTime = 10 * time.Minute

// Exit statuses of Command.
const (
	exitReady    = 0
	exitNotReady = 1 // a finding fails the job
	exitUsage    = 2 // the check could not run
)

// Connect opens a database. secret is the text of a secret, a JSON object. service is Oracle's service name. certificate is nil for a
// connection without TLS.
type Connect func(secret, service string, certificate *Certificate) (Service, error)

// Secrets returns the text of a secret. id is its name or ARN.
type Secrets func(ctx context.Context, id string) (string, error)

// Command checks the database for a job of a department, and prints the findings and the plan for a person. It returns the
// exit status: 0 if the database is ready, 1 if a finding fails the job, 2 if the check could not run.
func Command(
	ctx context.Context, args []string, stdout, stderr io.Writer, secrets Secrets, certificates Certificates, connect Connect,
) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitReady
	}
	if err == nil {
		var ready bool
		if ready, err = o.run(ctx, stdout, secrets, certificates, connect); err == nil && ready {
			return exitReady
		}
	}
	if err != nil {
		fmt.Fprintf(stderr, "check: %v\n", err)
		return exitUsage
	}
	return exitNotReady
}

type options struct {
	department, job, folder, secretFile, walletFile string
	json                                            bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	set := flag.NewFlagSet("check", flag.ContinueOnError)
	set.SetOutput(io.Discard) // only Command prints errors
	set.StringVar(&o.department, "department", "", "the `name` of the department")
	set.StringVar(&o.job, "job", "", "the `name` of the job; may be left out if the department has only one job")
	set.StringVar(&o.folder, "departments", "departments", "the `folder` of the departments' files")
	set.StringVar(&o.secretFile, "secret-file", "",
		"a `file` with "+secretForm+", which replaces the department's secret")
	set.StringVar(&o.walletFile, "wallet-file", "",
		"a cwallet.sso or PEM `file`, which replaces the department's certificate")
	set.BoolVar(&o.json, "json", false, "print JSON")
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(stderr, "Checks whether the source database is ready for a job, and prints the findings and the load plan.")
		set.SetOutput(stderr)
		set.PrintDefaults()
		return o, err
	case err != nil:
		return o, fmt.Errorf("%w; -h lists the options", err)
	case set.NArg() > 0:
		return o, fmt.Errorf("%q is not an option; write --department NAME --job NAME", set.Arg(0))
	}
	return o, nil
}

func (o options) run(
	ctx context.Context, stdout io.Writer, secrets Secrets, certificates Certificates, connect Connect,
) (ready bool, err error) {
	path, err := department.Find(o.folder, o.department)
	if err != nil && o.department == "" {
		return false, fmt.Errorf("%w; write --department NAME", err)
	}
	if err != nil {
		return false, err
	}
	d, err := department.Load(path)
	if err != nil {
		return false, err
	}
	job, err := o.choose(d)
	if err != nil {
		return false, err
	}
	secret, err := o.secret(ctx, d.Source, secrets)
	if err != nil {
		return false, err
	}
	certificate, err := o.certificate(ctx, d.Source, certificates)
	if err != nil {
		return false, err
	}
	service, err := connect(secret, d.Source.Database, certificate)
	var wrong SecretError
	if errors.As(err, &wrong) && o.secretFile != "" {
		return false, fmt.Errorf("%s: %w", o.secretFile, err)
	}
	if err != nil {
		return false, err
	}
	service = service.forPerson()
	defer service.close()
	answer, err := service.Answer(ctx, OfJob(d, job))
	if err != nil {
		return false, err
	}
	return answer.Ready(), o.print(stdout, answer)
}

// choose returns the job that the options name, or the department's only job.
func (o options) choose(d *department.Department) (department.Job, error) {
	var names []string
	for _, job := range d.Jobs {
		if job.Name == o.job || o.job == "" && len(d.Jobs) == 1 {
			return job, nil
		}
		names = append(names, job.Name)
	}
	if o.job == "" && len(names) > 0 {
		return department.Job{}, fmt.Errorf("department %s has several jobs; write --job and one of %s", d.Name, strings.Join(names, ", "))
	}
	return department.Job{}, fmt.Errorf("department %s has no job %q; its jobs are %s", d.Name, o.job, strings.Join(names, ", "))
}

// secret returns the text of the secret file or, without one, of the department's secret.
func (o options) secret(ctx context.Context, source department.Source, secrets Secrets) (string, error) {
	if o.secretFile != "" {
		content, err := os.ReadFile(o.secretFile)
		if err != nil {
			return "", fmt.Errorf("read the database's secret: %w", err)
		}
		return string(content), nil
	}
	id := source.SecretARN
	if id == "" {
		id = source.SecretName
	}
	secret, err := secrets(ctx, id)
	if err != nil {
		return "", fmt.Errorf("%w; use AWS credentials that may read secret %s, or write --secret-file FILE, a file with %s",
			err, id, secretForm)
	}
	return secret, nil
}

// certificate returns the certificate of the wallet file or, without one, of the department. It is nil without TLS.
func (o options) certificate(ctx context.Context, source department.Source, certificates Certificates) (*Certificate, error) {
	switch {
	case source.SSLMode == "none" && o.walletFile != "":
		return nil, fmt.Errorf("--wallet-file %s is for sslMode: verify-ca, and the department's file has sslMode: none", o.walletFile)
	case o.walletFile != "":
		content, err := os.ReadFile(o.walletFile)
		if err != nil {
			return nil, fmt.Errorf("read the certificate: %w", err)
		}
		return certificateOf(content), nil
	}
	c, err := certificates.read(ctx, source.CertificateARN)
	if err != nil {
		return nil, fmt.Errorf("%w; or write --wallet-file FILE, the cwallet.sso that you imported", err)
	}
	return c, nil
}

// secretForm is an example of a secret's text.
const secretForm = `{"username": "...", "password": "...", "host": "...", "port": 1521}`

func (o options) print(w io.Writer, a Answer) error {
	if !o.json {
		return a.Print(w)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(a)
}
