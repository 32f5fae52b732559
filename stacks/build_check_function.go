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

// checkName is the check function's folder in lambdas/. It is not in contract.Functions. With godror the function needs a C
// compiler, and the first build takes a minute. Only departments with a check must need that.
const checkName = "check"

// checkFolder returns the folder of the built function. Each driver has its own folder, because departments that are
// deployed together may have different drivers.
func checkFolder(driver string) string { return checkName + "-" + driver }

// buildCheck builds the check function in its folder of code.Dir: with godror and cgo, or with go-ora and without cgo.
func buildCheck(ctx context.Context, root string, code Code, driver string) error {
	work, err := os.MkdirTemp(filepath.Dir(code.Dir), ".check-")
	if err != nil {
		return fmt.Errorf("build the check function: %w", err)
	}
	defer os.RemoveAll(work)
	built, bootstrap := filepath.Join(work, "bootstrap"), filepath.Join(code.Dir, checkFolder(driver), "bootstrap")
	absolute, err := filepath.Abs(built)
	if err != nil {
		return fmt.Errorf("build the check function: %w", err)
	}
	arch := goarch[code.Architecture]
	tags, cgo := "lambda.norpc", []string{"CGO_ENABLED=1"}
	if driver == department.GoOra {
		tags, cgo = tags+",goora", []string{"CGO_ENABLED=0"}
	} else {
		compiler, err := findCompiler(ctx, arch)
		if err != nil {
			return fmt.Errorf("build the check function: %w", err)
		}
		cgo = append(cgo, "CC="+compiler)
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=",
		"-tags="+tags, "-o", absolute, "./lambdas/"+checkName)
	build.Dir = root
	build.Env = append(append(os.Environ(),
		"GOOS=linux", "GOARCH="+arch, "GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=", "GOEXPERIMENT=", "GOWORK=off"), cgo...)
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the check function: go build: %w:\n%s%s", err, strings.TrimSpace(string(output)),
			compilerHint(driver, arch))
	}
	if _, err := layer.CheckProgram(built, layer.Architecture(code.Architecture)); err != nil {
		return fmt.Errorf("build the check function: %w, %s", err, withoutCompiler)
	}
	same, err := sameFile(built, bootstrap)
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

// withoutCompiler is the end of every message about C compilers.
const withoutCompiler = "or choose the driver that needs no C compiler, source: {driver: go-ora}"

// compilers are the C compilers for an architecture on a machine with another one, by their names on Debian and Ubuntu.
var compilers = map[string]string{"amd64": "x86_64-linux-gnu-gcc", "arm64": "aarch64-linux-gnu-gcc"}

// findCompiler returns the C compiler for functions of an architecture: the one in CC, or Go's default for this machine, or
// the cross compiler for another architecture. If there is no compiler, the error says how to install or avoid one. Without
// this error Go prints messages of an assembler on some machines.
func findCompiler(ctx context.Context, arch string) (string, error) {
	compiler, fix := os.Getenv("CC"), "install it, or name another one in CC"
	switch {
	case strings.TrimSpace(compiler) != "":
		fix = "name an existing compiler in CC"
	case runtime.GOOS == "linux" && runtime.GOARCH == arch:
		ask := exec.CommandContext(ctx, "go", "env", "CC")
		ask.Env = append(os.Environ(), "GOWORK=off")
		output, err := ask.Output()
		if err != nil {
			return "", fmt.Errorf("run go env CC: %w", err)
		}
		compiler = strings.TrimSpace(string(output))
	default:
		compiler = compilers[arch]
		fix += fmt.Sprintf(", such as CC=\"zig cc -target %s\"", zigTargets[arch])
	}
	if strings.ContainsAny(compiler, `"'`) {
		return compiler, nil // only Go can split quoted text
	}
	program := strings.Fields(compiler)[0] // the rest are flags
	if _, err := exec.LookPath(program); err != nil {
		return "", fmt.Errorf("godror needs a C compiler for linux/%s, and there is no %s on this machine: %s, %s",
			arch, program, fix, withoutCompiler)
	}
	return compiler, nil
}

// zigTargets are the targets with which Zig's compiler builds for Lambda's glibc on any machine.
var zigTargets = map[string]string{
	"amd64": "x86_64-linux-gnu." + layer.MaxGLIBC, "arm64": "aarch64-linux-gnu." + layer.MaxGLIBC,
}

// compilerHint returns advice for a failed build with godror: its output does not say whether C or Go failed.
func compilerHint(driver, arch string) string {
	if driver == department.GoOra {
		return ""
	}
	return fmt.Sprintf("\nIf this is an error of the C compiler: the compiler must build for linux/%s and needs the headers of its C "+
		"library (package libc6-dev of Debian and Ubuntu); %s", arch, withoutCompiler)
}
