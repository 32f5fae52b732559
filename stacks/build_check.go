package stacks

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/lambda_layer/layer"
)

// checkName is the folder of the check function. It is not among functionNames: with godror it needs a C compiler, which
// nobody else is to be asked for, and takes a minute to be built for the first time.
const checkName = "check"

// buildCheck builds the check function into its folder below code.Dir, with godror by cgo or with go-ora without.
func buildCheck(ctx context.Context, root string, code Code, driver string) error {
	work, err := os.MkdirTemp(filepath.Dir(code.Dir), ".check-")
	if err != nil {
		return fmt.Errorf("build the check function: %w", err)
	}
	defer os.RemoveAll(work)
	built, bootstrap := filepath.Join(work, "bootstrap"), filepath.Join(code.Dir, checkName, "bootstrap")
	absolute, err := filepath.Abs(built)
	if err != nil {
		return fmt.Errorf("build the check function: %w", err)
	}
	arch := goarch[code.Architecture]
	tags, cgo := "lambda.norpc", []string{"CGO_ENABLED=1"}
	if driver == department.GoOra {
		tags, cgo = tags+",goora", []string{"CGO_ENABLED=0"}
	} else if arch != runtime.GOARCH && os.Getenv("CC") == "" {
		cgo = append(cgo, "CC="+compilers[arch])
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=",
		"-tags="+tags, "-o", absolute, "./lambdas/"+checkName)
	build.Dir = root
	build.Env = append(append(os.Environ(),
		"GOOS=linux", "GOARCH="+arch, "GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=", "GOEXPERIMENT="), cgo...)
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the check function: go build: %w:\n%s%s", err, strings.TrimSpace(string(output)), needs(driver, arch))
	}
	if driver != department.GoOra {
		if _, err := layer.CheckGLIBC(built); err != nil {
			return fmt.Errorf("build the check function: %w", err)
		}
	}
	same, err := sameBytes(built, bootstrap)
	if err == nil && !same {
		if err = os.MkdirAll(filepath.Dir(bootstrap), 0o755); err == nil {
			err = os.Rename(built, bootstrap)
		}
	}
	if err != nil {
		return fmt.Errorf("build the check function: %w", err)
	}
	return nil
}

// compilers build C for an architecture on a machine of another, under the names that Debian and Ubuntu give them.
var compilers = map[string]string{"amd64": "x86_64-linux-gnu-gcc", "arm64": "aarch64-linux-gnu-gcc"}

// needs says what a build with godror takes.
func needs(driver, arch string) string {
	if driver == department.GoOra {
		return ""
	}
	return fmt.Sprintf("\ngodror needs a C compiler for linux/%s: install gcc, or %s on another processor, or name one in CC; "+
		"or choose the driver that needs none, source: {driver: go-ora}", arch, compilers[arch])
}
