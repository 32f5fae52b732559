package stacks

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/department"
)

// The check function with go-ora is a static program. With godror it needs only libraries that Lambda has. A go.work in a
// parent folder that does not list this module changes nothing.
func TestBuildCheck(t *testing.T) {
	workspace := filepath.Join(t.TempDir(), "go.work")
	if err := os.WriteFile(workspace, []byte("go 1.26\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOWORK", workspace)
	for driver, static := range map[string]bool{department.GoOra: true, department.Godror: false} {
		t.Run(driver, func(t *testing.T) {
			if testing.Short() && !static {
				t.Skip("-short builds no C")
			}
			if _, err := exec.LookPath("gcc"); err != nil && !static {
				t.Skip("there is no gcc on this machine: the function with godror cannot be built here")
			}
			code := Code{Dir: filepath.Join(t.TempDir(), "functions"), Architecture: X8664}
			if err := buildCheck(t.Context(), "..", code, driver); err != nil {
				t.Fatal(err)
			}
			f, err := elf.Open(filepath.Join(code.Dir, checkFolder(driver), "bootstrap"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			libraries, err := f.ImportedLibraries()
			if err != nil || (len(libraries) == 0) != static {
				t.Errorf("it needs the libraries %v, %v; static: %t", libraries, err, static)
			}
		})
	}
}

// Without a C compiler, buildCheck fails before it runs Go. The error is one line that says what to do.
func TestNoCompiler(t *testing.T) {
	program, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(program, filepath.Join(folder, "go")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder)
	other := map[string]Architecture{"amd64": ARM64, "arm64": X8664}[runtime.GOARCH]
	own := map[string]Architecture{"amd64": X8664, "arm64": ARM64}[runtime.GOARCH]
	for name, test := range map[string]struct {
		architecture Architecture
		cc           string
		want         []string
	}{
		"this processor":    {own, "", []string{"install it, or name another one in CC"}},
		"another processor": {other, "", []string{compilers[goarch[other]], "zig cc -target", "-linux-gnu.2.34"}},
		"CC":                {own, "nowhere/cc -O1", []string{"there is no nowhere/cc on", "name an existing compiler in CC"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CC", test.cc)
			code := Code{Dir: filepath.Join(t.TempDir(), "functions"), Architecture: test.architecture}
			err := buildCheck(t.Context(), "..", code, department.Godror)
			if err == nil {
				t.Fatal("buildCheck succeeds without a compiler")
			}
			always := []string{"godror needs a C compiler for linux/" + goarch[test.architecture], "driver: go-ora"}
			for _, want := range append(always, test.want...) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want it to contain %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, want one line", err)
			}
		})
	}
}
