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
	root string   // the repository
	env  []string // the variables that lead the CLI to the embedded AWS
	app  []string // arguments that name the source of the stack
	out  io.Writer
}

// CDK runs `npx cdk COMMAND -c CHOICE ARGS` in the repository. CHOICE is "account=true" or "department=NAME" for one stack,
// or "departments=DIR" for all stacks.
func (w *World) CDK(ctx context.Context, choice, command string, args ...string) error {
	// The cloud assembly is not in the repository's cdk.out, which another CLI may be reading.
	return w.synthesized(ctx, choice, w.assembly(), command, args)
}

// assembly returns the folder of the cloud assembly that the last CDK or Diff wrote.
func (w *World) assembly() string { return filepath.Join(w.dir, "cdk.out") }

// Diff runs `npx cdk diff -c CHOICE ARGS` and returns its output.
func (w *World) Diff(ctx context.Context, choice string, args ...string) (string, error) {
	var said strings.Builder
	whole := *w
	whole.out = &said
	if err := whole.CDK(ctx, choice, "diff", args...); err != nil {
		return "", fmt.Errorf("%w\n%s", err, said.String())
	}
	return said.String(), nil
}

// Synthesize builds the functions and writes the cloud assembly of a stack into a folder for CDKOf.
func (w *World) Synthesize(ctx context.Context, choice, assembly string, args ...string) error {
	return w.synthesized(ctx, choice, assembly, "synth", append(args, "--quiet"))
}

// CDKOf runs `npx cdk COMMAND --app ASSEMBLY ARGS`: the same CLI, but with an existing cloud assembly.
func (w *World) CDKOf(ctx context.Context, assembly, command string, args ...string) error {
	return cdk{root: w.root, env: w.Environment(), app: []string{"--app", assembly}, out: w.out}.run(ctx, command, args...)
}

func (w *World) synthesized(ctx context.Context, choice, assembly, command string, args []string) error {
	output, err := filepath.Abs(assembly)
	if err != nil {
		return fmt.Errorf("npx cdk %s: %w", command, err)
	}
	app := append(contextArgs(choice), "--output", output)
	return cdk{root: w.root, env: w.Environment(), app: app, out: w.out}.run(ctx, command, args...)
}

// run runs `npx cdk COMMAND APP ARGS`.
func (c cdk) run(ctx context.Context, command string, args ...string) error {
	line := append([]string{"--no-install", "cdk", command}, c.app...)
	line = append(line, args...)
	fmt.Fprintf(c.out, "$ npx %s\n", strings.Join(line[1:], " "))
	cmd := exec.CommandContext(ctx, "npx", line...)
	cmd.Dir = c.root
	cmd.Env = append(cleanEnvironment(os.Environ()), c.env...)
	cmd.Stdout, cmd.Stderr = c.out, c.out
	// After an interrupt the CLI ends by itself. Its child processes may keep the pipes open longer.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("npx %s: %w; its own words are above", strings.Join(line[1:], " "), err)
	}
	return nil
}

// contextArgs returns the context of a stack, with functions that this machine can run.
func contextArgs(choice string) []string {
	args := []string{"-c", choice}
	if runtime.GOARCH == "arm64" {
		args = append(args, "-c", "architecture=arm64")
	}
	return args
}

// cleanEnvironment removes the variables that could lead a CLI or SDK to a real account or a proxy.
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
