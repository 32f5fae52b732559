package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// cdk runs the unmodified CDK CLI that package.json pins, against the embedded AWS.
type cdk struct {
	root       string   // the repository
	env        []string // what leads the CLI to the embedded AWS
	department string
	out        io.Writer
}

// run runs `npx cdk COMMAND -c department=NAME ARGS`.
func (c cdk) run(ctx context.Context, command string, args ...string) error {
	line := append([]string{"--no-install", "cdk", command}, c.contextArgs()...)
	line = append(line, args...)
	fmt.Fprintf(c.out, "$ npx %s\n", strings.Join(line[1:], " "))
	cmd := exec.CommandContext(ctx, "npx", line...)
	cmd.Dir = c.root
	cmd.Env = append(cleanEnvironment(os.Environ()), c.env...)
	cmd.Stdout, cmd.Stderr = c.out, c.out
	// An interrupt lets the CLI end by itself; what it started may keep the pipes open for longer than it lives.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("npx %s: %w; its own words are above", strings.Join(line[1:], " "), err)
	}
	return nil
}

// contextArgs choose the department, and functions that this machine can run.
func (c cdk) contextArgs() []string {
	args := []string{"-c", "department=" + c.department}
	if runtime.GOARCH == "arm64" {
		args = append(args, "-c", "architecture=arm64")
	}
	return args
}

// cleanEnvironment drops what could lead a CLI or SDK to a real account, or through a proxy, instead of the embedded
// AWS.
func cleanEnvironment(env []string) []string {
	var clean []string
	for _, variable := range env {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "CDK_") || strings.HasSuffix(strings.ToLower(name), "_proxy") {
			continue
		}
		clean = append(clean, variable)
	}
	return clean
}
