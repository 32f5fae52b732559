package templates

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// program returns the path of the built CDK app.
func program(t *testing.T) string {
	t.Helper()
	path, err := buildProgram()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var buildProgram = sync.OnceValues(func() (string, error) {
	path, err := filepath.Abs(filepath.Join(scratch, "oralake"))
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, output)
	}
	return path, nil
})

// The CDK app as the CDK CLI runs it: an invalid context ends it with status 1 and one line, without a stack trace and
// without the output of the CDK's runtime.
func TestProgramFailsInOneLine(t *testing.T) {
	app := exec.CommandContext(t.Context(), program(t))
	app.Dir = root
	app.Env = append(os.Environ(),
		`CDK_CONTEXT_JSON={"department":"slaes"}`, "CDK_OUTDIR="+t.TempDir(),
		// Ignore a warning of the CDK about an old Node version.
		"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1", "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION=1")
	var stderr strings.Builder
	app.Stderr = &stderr
	var exit *exec.ExitError
	if err := app.Run(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("ended with %v, want exit status 1", err)
	}
	lines := strings.Split(strings.TrimSuffix(stderr.String(), "\n"), "\n")
	if len(lines) != 1 || !strings.Contains(lines[0], `slaes`) || !strings.Contains(lines[0], "sales") {
		t.Errorf("standard error is not one line with the existing departments:\n%s", stderr.String())
	}
}

// cdk runs the CDK CLI as a person does and returns its output and its exit status.
func cdk(t *testing.T, arguments ...string) (stdout, stderr string, status int) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, "node_modules", ".bin", "cdk")); err != nil {
		t.Fatalf("the CDK CLI is not installed: run `make node_modules` first: %v", err)
	}
	command := exec.CommandContext(t.Context(), "cdk", append(arguments, "--output", t.TempDir())...)
	command.Dir = root
	var out, complaints strings.Builder
	command.Stdout, command.Stderr = &out, &complaints
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), complaints.String(), command.ProcessState.ExitCode()
}

// `cdk ls` lists all stacks, or the one of the context. An invalid file gives a warning, or an error when the context names
// its department.
func TestCLILists(t *testing.T) {
	if testing.Short() {
		t.Skip("-short does not run the CDK CLI")
	}
	app := program(t)
	good := file("hr", "driver: go-ora", "")
	for name, test := range map[string]struct {
		arguments []string
		status    int
		stdout    string
		stderr    []string
	}{
		"all": {nil, 0, "oralake-account\noralake-finance\noralake-sales\n", nil},
		"one is broken": {
			[]string{"-c", "departments=" + folder(t, map[string]string{"broken.yaml": broken, "hr.yaml": good})},
			0, "oralake-account\noralake-hr\n",
			[]string{"warning: ", "broken.yaml is skipped", "broken.yaml:1:", "broken.yaml:2:"},
		},
		"the broken one": {
			[]string{"-c", "department=broken", "-c", "departments=" + folder(t, map[string]string{"broken.yaml": broken, "hr.yaml": good})},
			1, "",
			[]string{"broken.yaml:1:", "broken.yaml:2:"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, status := cdk(t, append([]string{"ls", "--app", app}, test.arguments...)...)
			if status != test.status || stdout != test.stdout {
				t.Errorf("exit status %d and %q, want %d and %q", status, stdout, test.status, test.stdout)
			}
			for _, want := range test.stderr {
				if !strings.Contains(stderr, want) {
					t.Errorf("standard error does not contain %q:\n%s", want, stderr)
				}
			}
			if warned := strings.Contains(stderr, "warning: "); warned != (test.status == 0 && test.stderr != nil) {
				t.Errorf("warned: %t:\n%s", warned, stderr)
			}
		})
	}
}

// The command of cdk.json ignores a go.work in a parent folder.
func TestAppOutsideWorkspace(t *testing.T) {
	workspace := filepath.Join(t.TempDir(), "go.work")
	write(t, workspace, "go 1.26\n")
	var file struct{ App string }
	if err := json.Unmarshal(read(t, filepath.Join(root, "cdk.json")), &file); err != nil {
		t.Fatal(err)
	}
	app := exec.CommandContext(t.Context(), "sh", "-c", file.App)
	app.Dir = root
	app.Env = append(os.Environ(), `CDK_CONTEXT_JSON={"account":"true"}`, "CDK_OUTDIR="+t.TempDir(), "GOWORK="+workspace)
	if output, err := app.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", file.App, err, output)
	}
}
