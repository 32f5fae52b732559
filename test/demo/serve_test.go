package demo

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/oralake/oralake/test/aws/cloud"
)

// transcript collects the output of a running server.
type transcript struct {
	mu   sync.Mutex
	said strings.Builder
}

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.said.Write(b)
}

func (t *transcript) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.said.String()
}

// server is a running Serve.
type server struct {
	*testing.T
	out   *transcript
	ended chan error
	stop  func()
}

// serving starts Serve and waits until it prints its commands.
func serving(t *testing.T, o Options) *server {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := &server{T: t, out: &transcript{}, ended: make(chan error, 1), stop: stop}
	o.Out = s.out
	go func() { s.ended <- Serve(ctx, o) }()
	for !strings.Contains(s.out.text(), "Ctrl-C ends it") {
		select {
		case err := <-s.ended:
			t.Fatalf("Serve ends: %v\n%s", err, s.out.text())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return s
}

func (s *server) end() {
	s.Helper()
	s.stop()
	if err := <-s.ended; err != nil {
		s.Errorf("Serve: %v", err)
	}
}

var endpoint = regexp.MustCompile(`export AWS_ENDPOINT_URL=(\S+)`)

func (s *server) secrets() *secretsmanager.Client {
	s.Helper()
	found := endpoint.FindStringSubmatch(s.out.text())
	if found == nil {
		s.Fatalf("no endpoint in:\n%s", s.out.text())
	}
	return secretsmanager.New(secretsmanager.Options{
		BaseEndpoint: &found[1], Region: "eu-central-1", Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: cloud.AdminAccessKeyID, SecretAccessKey: "local"}, nil
		}),
	})
}

// secret reads a secret; empty when it does not exist.
func (s *server) secret(name string) string {
	out, err := s.secrets().GetSecretValue(s.Context(), &secretsmanager.GetSecretValueInput{SecretId: &name})
	if err != nil {
		return ""
	}
	return aws.ToString(out.SecretString)
}

func writeDepartment(t *testing.T, root, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(root, "departments"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "departments", file), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func departmentOf(name string) string {
	return "department: " + name + "\nnetwork: {create: 10.40.0.0/24}\n" +
		"source: {secretName: oralake/" + name + ", database: ORCLPDB1, sslMode: none}\n" +
		"jobs:\n  daily: {type: full-load, tables: [SALES.REGION]}\n"
}

// Serve skips an invalid file with one warning; the other departments have their secrets. A file that is written later has
// its secret when the secret is read. A second Serve does not change the folder of the first.
func TestServe(t *testing.T) {
	o := Options{Root: t.TempDir(), Dir: filepath.Join(t.TempDir(), "serve"), Scale: 0.001, Speed: 1000}
	writeDepartment(t, o.Root, "hr.yaml", departmentOf("hr"))
	writeDepartment(t, o.Root, "broken.yaml", "department: [")
	writeDepartment(t, o.Root, "old.yml", departmentOf("old"))
	s := serving(t, o)
	for _, want := range []string{
		"broken.yaml is skipped: ", "old.yml is skipped: ", "npx cdk deploy -c department=hr\n", "no `cdk bootstrap`",
	} {
		if n := strings.Count(s.out.text(), want); n != 1 {
			t.Errorf("%q is printed %d times, want once, in:\n%s", want, n, s.out.text())
		}
	}
	if got := s.secret("oralake/hr"); !strings.Contains(got, sampleOracle.Host) {
		t.Errorf("the secret of hr is %q, want the sample database's", got)
	}

	held := filepath.Join(o.Dir, "s3", "held")
	if err := os.WriteFile(held, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	second := o
	second.Out = t.Output()
	want := "another one serves from " + o.Dir + ": end it first"
	if err := Serve(t.Context(), second); err == nil || err.Error() != want {
		t.Errorf("a second Serve: %v, want %s", err, want)
	}
	if _, err := os.Stat(held); err != nil {
		t.Errorf("a second Serve has cleared the folder: %v", err)
	}

	own := "my own"
	if _, err := s.secrets().PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: aws.String("oralake/hr"), SecretString: &own,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.secrets().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String("oralake/mine"), SecretString: &own,
	}); err != nil {
		t.Fatal(err)
	}
	writeDepartment(t, o.Root, "later.yaml", departmentOf("later"))
	writeDepartment(t, o.Root, "mine.yaml", departmentOf("mine"))
	if got := s.secret("oralake/later"); !strings.Contains(got, sampleOracle.Host) {
		t.Errorf("the secret of a later department is %q, want the sample database's", got)
	}
	for _, name := range []string{"oralake/hr", "oralake/mine"} {
		if got := s.secret(name); got != own {
			t.Errorf("secret %s is %q, want what its owner wrote", name, got)
		}
	}
	if n := strings.Count(s.out.text(), "broken.yaml is skipped"); n != 1 {
		t.Errorf("broken.yaml is in %d lines, want one", n)
	}
	s.end()
	serving(t, o).end()
	if _, err := os.Stat(held); err == nil {
		t.Error("the folder was not cleared for a new account")
	}
}

// Serve refuses invalid options before it clears the files of an earlier account.
func TestServeRefusesFirst(t *testing.T) {
	root := t.TempDir()
	writeDepartment(t, root, "hr.yaml", departmentOf("hr"))
	writeDepartment(t, root, "broken.yaml", "department: [")
	for name, test := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"no scale":        {func(o *Options) { o.Scale = 0 }, "-scale 0"},
		"no speed":        {func(o *Options) { o.Speed = -1 }, "-speed"},
		"no department":   {func(o *Options) { o.Department = "sales" }, `there is no department "sales"`},
		"a broken one":    {func(o *Options) { o.Department = "broken" }, "broken.yaml:1:"},
		"no departments":  {func(o *Options) { o.Root = t.TempDir() }, "list the departments"},
		"another's world": {func(o *Options) { o.Department = "hr"; hold(t, o.Dir) }, "another one serves from"},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Root: root, Dir: t.TempDir(), Scale: 0.001, Speed: 1000, Out: t.Output()}
			test.change(&o)
			left := filepath.Join(o.Dir, "s3", "left")
			if err := os.MkdirAll(left, 0o755); err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithTimeout(t.Context(), time.Minute)
			defer stop()
			if err := Serve(ctx, o); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if _, err := os.Stat(left); err != nil {
				t.Errorf("the files of an earlier account are deleted: %v", err)
			}
		})
	}
}

// Run also refuses a folder that another process uses.
func TestRunRefusesFirst(t *testing.T) {
	o := Options{Root: t.TempDir(), Dir: t.TempDir(), Department: "hr", Scale: 0.001, Speed: 1000, Out: t.Output()}
	writeDepartment(t, o.Root, "hr.yaml", departmentOf("hr"))
	hold(t, o.Dir)
	want := "another one works in " + o.Dir + ": end it first"
	if _, err := Run(t.Context(), o); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	o.Scale = -1
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "-scale") {
		t.Errorf("error %v, want one of the scale", err)
	}
}

// hold locks a folder until the test ends.
func hold(t *testing.T, dir string) {
	t.Helper()
	held, err := lock(dir, "serves from")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { held.Close() })
}
