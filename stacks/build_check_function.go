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

// checkName is the folder of lambdas/ of the check function. It is not among functionNames: with godror it needs a C
// compiler, which nobody else is to be asked for, and takes a minute to be built for the first time.
const checkName = "check"

// checkFolder is where the function is built to: departments that are deployed at once may have different drivers.
func checkFolder(driver string) string { return checkName + "-" + driver }

// buildCheck builds the check function into its folder below code.Dir, with godror by cgo or with go-ora without.
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

// withoutCompiler is what every sentence on C compilers ends with.
const withoutCompiler = "or choose the driver that needs no C compiler, source: {driver: go-ora}"

// compilers build C for an architecture on a machine of another, under the names that Debian and Ubuntu give them.
var compilers = map[string]string{"amd64": "x86_64-linux-gnu-gcc", "arm64": "aarch64-linux-gnu-gcc"}

// findCompiler is the C compiler for functions of an architecture: what CC names, else Go's own choice for this machine,
// else the one that builds for another. The error of a missing one says how to get or avoid it: without it, Go would show
// a person lines of an assembler on some machines.
func findCompiler(ctx context.Context, arch string) (string, error) {
	compiler, fix := os.Getenv("CC"), "install it, or name another in CC"
	switch {
	case strings.TrimSpace(compiler) != "":
		fix = "CC must name one that is there"
	case runtime.GOOS == "linux" && runtime.GOARCH == arch:
		ask := exec.CommandContext(ctx, "go", "env", "CC")
		ask.Env = append(os.Environ(), "GOWORK=off")
		output, err := ask.Output()
		if err != nil {
			return "", fmt.Errorf("ask Go for its C compiler: %w", err)
		}
		compiler = strings.TrimSpace(string(output))
	default:
		compiler = compilers[arch]
		fix += fmt.Sprintf(", such as CC=\"zig cc -target %s\"", zigTargets[arch])
	}
	if strings.ContainsAny(compiler, `"'`) {
		return compiler, nil // Go knows how to read it.
	}
	program := strings.Fields(compiler)[0] // Flags may follow.
	if _, err := exec.LookPath(program); err != nil {
		return "", fmt.Errorf("godror needs a C compiler for linux/%s, and there is no %s on this machine: %s, %s",
			arch, program, fix, withoutCompiler)
	}
	return compiler, nil
}

// zigTargets make Zig's compiler build for Lambda's glibc, on any machine.
var zigTargets = map[string]string{
	"amd64": "x86_64-linux-gnu." + layer.MaxGLIBC, "arm64": "aarch64-linux-gnu." + layer.MaxGLIBC,
}

// compilerHint follows a failed build with godror, of which nobody knows whether C or Go failed.
func compilerHint(driver, arch string) string {
	if driver == department.GoOra {
		return ""
	}
	return fmt.Sprintf("\nIf that is the C compiler: it must build for linux/%s, and have the headers of its C library (package "+
		"libc6-dev of Debian and Ubuntu); %s", arch, withoutCompiler)
}
