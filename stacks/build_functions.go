package stacks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/oralake/oralake/internal/contract"
)

// Architecture is the processor that the functions are built for, in Lambda's words.
type Architecture string

// The architectures of Lambda.
const (
	X8664 Architecture = "x86_64" // the default
	ARM64 Architecture = "arm64"
)

// goarch is Go's name for each architecture.
var goarch = map[Architecture]string{X8664: "amd64", ARM64: "arm64"}

// Code is where the built functions are: Dir has a folder for each, with the executable bootstrap in it.
type Code struct {
	Dir          string
	Architecture Architecture
}

// BuildFunctions builds the functions of the module at root into folders below out. The same sources and the same Go
// give the same bytes on every machine, so a function is deployed again only if it changed. Functions in out that are
// the same already are left alone: another synth may be reading them.
func BuildFunctions(ctx context.Context, root, out string, architecture Architecture) (Code, error) {
	code := Code{Dir: out, Architecture: architecture}
	arch, ok := goarch[architecture]
	if !ok {
		return code, fmt.Errorf("build functions: unknown architecture %q: choose %s or %s", architecture, X8664, ARM64)
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return code, fmt.Errorf("build functions: %w", err)
	}
	// Beside out, so that a finished file takes its place by a rename: nobody meets half of one.
	work, err := os.MkdirTemp(filepath.Dir(out), ".functions-")
	if err != nil {
		return code, fmt.Errorf("build functions: %w", err)
	}
	defer os.RemoveAll(work)
	if err := remember(work, out); err != nil {
		return code, fmt.Errorf("build functions: %w", err)
	}
	if err := compile(ctx, root, work, arch); err != nil {
		return code, err
	}
	if err := arrange(work, out); err != nil {
		return code, fmt.Errorf("build functions: %w", err)
	}
	return code, nil
}

// placeFunctions makes the folders of the functions without building what goes into them. What was built before stays.
func placeFunctions(_ context.Context, _, out string, architecture Architecture) (Code, error) {
	for _, name := range contract.Functions {
		if err := os.MkdirAll(filepath.Join(out, name), 0o755); err != nil {
			return Code{}, fmt.Errorf("place functions: %w", err)
		}
	}
	return Code{Dir: out, Architecture: architecture}, nil
}

// remember copies what was built before to where it is built again: Go looks at the build ID in a program, and links it
// anew only if something changed. Linking takes most of the time.
func remember(work, out string) error {
	for _, name := range contract.Functions {
		old, err := os.ReadFile(filepath.Join(out, name, "bootstrap"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(work, name), old, 0o755)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addCheck builds the check function beside the others, if it is to be built, and looks at what it needs.
func addCheck(ctx context.Context, root string, code Code, c Check, build bool) error {
	folder := filepath.Join(code.Dir, checkFolder(c.Driver))
	if !build {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("place functions: %w", err)
		}
		return nil
	}
	if err := c.inspect(code.Architecture); err != nil {
		return err
	}
	return buildCheck(ctx, root, code, c.Driver)
}

// compile runs one go build for all functions; it leaves a file for each in dir.
func compile(ctx context.Context, root, dir, arch string) error {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("build functions: %w", err)
	}
	arguments := []string{
		"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w",
		"-tags=lambda.norpc", // without the runtime interface that only go1.x had
		"-o", absolute + string(filepath.Separator),
	}
	for _, name := range contract.Functions {
		arguments = append(arguments, "./lambdas/"+name)
	}
	build := exec.CommandContext(ctx, "go", arguments...)
	build.Dir = root
	// What else a machine may have set would change the bytes.
	build.Env = append(os.Environ(),
		"GOOS=linux", "GOARCH="+arch, "GOAMD64=v1", "GOARM64=v8.0", "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOWORK=off")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build functions: go build: %w:\n%s", err, strings.TrimSpace(string(output)))
	}
	return nil
}

// arrange gives every built file in work the folder and the name that Lambda wants, in out.
func arrange(work, out string) error {
	for _, name := range contract.Functions {
		built, bootstrap := filepath.Join(work, name), filepath.Join(out, name, "bootstrap")
		same, err := sameBytes(built, bootstrap)
		if err != nil {
			return err
		}
		if same {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(bootstrap), 0o755); err != nil {
			return err
		}
		if err := os.Rename(built, bootstrap); err != nil {
			return err
		}
	}
	return nil
}

// sameBytes says whether both files exist and hold the same.
func sameBytes(built, existing string) (bool, error) {
	old, err := os.ReadFile(existing)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	fresh, err := os.ReadFile(built)
	return bytes.Equal(old, fresh), err
}
