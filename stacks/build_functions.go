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

// Architecture is the processor of the functions, by Lambda's name.
type Architecture string

// The architectures of Lambda.
const (
	X8664 Architecture = "x86_64" // the default
	ARM64 Architecture = "arm64"
)

// goarch is Go's name for each architecture.
var goarch = map[Architecture]string{X8664: "amd64", ARM64: "arm64"}

// Code is the place of the built functions. Dir has a folder for each function, with the executable bootstrap.
type Code struct {
	Dir          string
	Architecture Architecture
}

// BuildFunctions builds the functions of the module at root in folders of out. The same sources and the same version of Go
// give the same bytes on every machine, so CloudFormation deploys a function again only if it changed. BuildFunctions does
// not write a function that is the same as before, because another synthesis may be reading it.
func BuildFunctions(ctx context.Context, root, out string, architecture Architecture) (Code, error) {
	code := Code{Dir: out, Architecture: architecture}
	arch, ok := goarch[architecture]
	if !ok {
		return code, fmt.Errorf("build functions: unknown architecture %q: write %s or %s", architecture, X8664, ARM64)
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return code, fmt.Errorf("build functions: %w", err)
	}
	// The folder is next to out, so a finished file moves to out by a rename. No reader sees an incomplete file.
	work, err := os.MkdirTemp(filepath.Dir(out), ".functions-")
	if err != nil {
		return code, fmt.Errorf("build functions: %w", err)
	}
	defer os.RemoveAll(work)
	if err := linkPrevious(work, out); err != nil {
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

// placeFunctions creates the folders of the functions and builds nothing. Functions from earlier builds stay.
func placeFunctions(_ context.Context, _, out string, architecture Architecture) (Code, error) {
	for _, name := range contract.Functions {
		if err := os.MkdirAll(filepath.Join(out, name), 0o755); err != nil {
			return Code{}, fmt.Errorf("create the folders of the functions: %w", err)
		}
	}
	return Code{Dir: out, Architecture: architecture}, nil
}

// linkPrevious puts the previous build into the folder of the new build. Go compares the build ID of the existing program, and links
// the program again only if something changed. Linking takes most of the time. The files are hard links, since the functions have
// hundreds of megabytes: the go command removes a program before it writes another, and so leaves the previous build as it is.
func linkPrevious(work, out string) error {
	for _, name := range contract.Functions {
		err := os.Link(filepath.Join(out, name, "bootstrap"), filepath.Join(work, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// addCheck checks the layer of the check function and builds the function. With build false it only creates the folder.
func addCheck(ctx context.Context, root string, code Code, c Check, build bool) error {
	folder := filepath.Join(code.Dir, checkFolder(c.Driver))
	if !build {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("create the folder of the check function: %w", err)
		}
		return nil
	}
	if err := c.checkLayer(code.Architecture); err != nil {
		return err
	}
	return buildCheck(ctx, root, code, c.Driver)
}

// compile builds all functions with one go build, each as a file in dir.
func compile(ctx context.Context, root, dir, arch string) error {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("build functions: %w", err)
	}
	arguments := []string{
		"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w",
		"-tags=lambda.norpc", // without the interface of the old runtime go1.x
		"-o", absolute + string(filepath.Separator),
	}
	for _, name := range contract.Functions {
		arguments = append(arguments, "./lambdas/"+name)
	}
	build := exec.CommandContext(ctx, "go", arguments...)
	build.Dir = root
	// Other values of these variables on a machine would change the bytes.
	build.Env = append(os.Environ(),
		"GOOS=linux", "GOARCH="+arch, "GOAMD64=v1", "GOARM64=v8.0", "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOWORK=off")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build functions: go build: %w:\n%s", err, strings.TrimSpace(string(output)))
	}
	return nil
}

// arrange moves every built file from work to out, to the folder and the name that Lambda needs.
func arrange(work, out string) error {
	for _, name := range contract.Functions {
		built, bootstrap := filepath.Join(work, name), filepath.Join(out, name, "bootstrap")
		same, err := sameFile(built, bootstrap)
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

// sameFile reports whether existing exists and is the same as built: the go command has not linked it again, or has made the same bytes.
func sameFile(built, existing string) (bool, error) {
	before, err := os.Stat(existing)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	after, afterErr := os.Stat(built)
	if err = errors.Join(err, afterErr); err != nil || os.SameFile(before, after) {
		return err == nil, err
	}
	old, err := os.ReadFile(existing)
	if err != nil {
		return false, err
	}
	content, err := os.ReadFile(built)
	return bytes.Equal(old, content), err
}
