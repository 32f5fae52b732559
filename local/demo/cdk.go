package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// cdk runs the unmodified CDK CLI that package.json pins, against the embedded AWS.
type cdk struct {
	root   string   // the repository
	env    []string // what leads the CLI to the embedded AWS
	choice string   // of the stack: "department=NAME", "account=true"
	output string   // the cloud assembly; not the repository's own, which another CLI may be reading
	out    io.Writer
}

// CDK runs `npx cdk COMMAND -c CHOICE ARGS` in the repository, where the choice is that of a stack: "account=true" or
// "department=NAME".
func (w *World) CDK(ctx context.Context, choice, command string, args ...string) error {
	return cdk{root: w.root, env: w.Environment(), choice: choice, output: filepath.Join(w.dir, "cdk.out"), out: w.out}.run(ctx, command, args...)
}

// run runs `npx cdk COMMAND -c CHOICE ARGS`.
func (c cdk) run(ctx context.Context, command string, args ...string) error {
	line := append([]string{"--no-install", "cdk", command}, c.contextArgs()...)
	line = append(line, args...)
	fmt.Fprintf(c.out, "$ npx %s\n", strings.Join(line[1:], " "))
	output, err := filepath.Abs(c.output)
	if err != nil {
		return fmt.Errorf("npx cdk %s: %w", command, err)
	}
	cmd := exec.CommandContext(ctx, "npx", append(line, "--output", output)...)
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

// contextArgs choose the stack, and functions that this machine can run.
func (c cdk) contextArgs() []string {
	args := []string{"-c", c.choice}
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
