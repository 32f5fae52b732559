package commandline_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/commandline"
	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/cloud"
	"github.com/oralake/oralake/test/harness"
)

// The program, built without cgo, reaches the account that the usual variables of the AWS SDK name, and ends with the exit statuses
// that the documents have.
func TestProgram(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served, err := cloud.New(cloud.Options{
		Account: account.Account{ID: harness.ID, Region: "eu-central-1"}, Listener: listener,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	program := filepath.Join(t.TempDir(), "oralake")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/oralake")
	build.Dir, build.Env = harness.Root(), append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, said)
	}
	for name, test := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"help":             {[]string{"--help"}, commandline.Good, "Act on a deployed department"},
		"a valid file":     {[]string{"validate", "sales"}, commandline.Good, "sales.yaml: valid"},
		"no price list":    {[]string{"cost", "-d", "sales"}, commandline.Good, "not of AWS: read the price instance of eu-central-1"},
		"an empty account": {[]string{"status"}, commandline.Failed, "no department is deployed in eu-central-1 of this account"},
		"no such stack":    {[]string{"runs", "daily-orders", "-d", "sales"}, commandline.Failed, "there is no stack oralake-sales"},
		"JSON of an error": {[]string{"status", "--json"}, commandline.Failed, `"error": "no department is deployed`},
		"no such command":  {[]string{"statsu"}, commandline.Failed, `did you mean "status"?`},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), program, test.args...)
			cmd.Dir = harness.Root()
			cmd.Env = []string{
				"AWS_ENDPOINT_URL=http://" + listener.Addr().String(), "AWS_REGION=eu-central-1",
				"AWS_ACCESS_KEY_ID=" + cloud.AdminAccessKeyID, "AWS_SECRET_ACCESS_KEY=secret",
			}
			said, err := cmd.CombinedOutput()
			status := 0
			var ended *exec.ExitError
			if errors.As(err, &ended) {
				status = ended.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			if status != test.status || !strings.Contains(string(said), test.says) {
				t.Errorf("exit status %d, want %d; it says\n%s\nwant %q", status, test.status, said, test.says)
			}
		})
	}
}
