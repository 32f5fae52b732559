package templates

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The program itself, as the CDK CLI runs it: a wrong question ends it with status 1 and one line, without a stack trace
// and without the noise that the CDK's runtime makes at its end.
func TestProgramAnswersInOneLine(t *testing.T) {
	program := filepath.Join(t.TempDir(), "oralake")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, output)
	}
	app := exec.CommandContext(t.Context(), program)
	app.Dir = root
	app.Env = append(os.Environ(),
		`CDK_CONTEXT_JSON={"department":"slaes"}`, "CDK_OUTDIR="+t.TempDir(),
		// What an old Node on this machine would add is not the program's.
		"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1", "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION=1")
	var stderr strings.Builder
	app.Stderr = &stderr
	var exit *exec.ExitError
	if err := app.Run(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("ended with %v, want exit status 1", err)
	}
	lines := strings.Split(strings.TrimSuffix(stderr.String(), "\n"), "\n")
	if len(lines) != 1 || !strings.Contains(lines[0], `slaes`) || !strings.Contains(lines[0], "sales") {
		t.Errorf("standard error is not one line with the departments there are:\n%s", stderr.String())
	}
}
