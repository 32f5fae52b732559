package stacks

import (
	"debug/elf"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/oralake/oralake/internal/department"
)

// The check function is static with go-ora; with godror it needs nothing that Lambda has not.
func TestBuildCheck(t *testing.T) {
	for driver, static := range map[string]bool{department.GoOra: true, department.Godror: false} {
		t.Run(driver, func(t *testing.T) {
			if _, err := exec.LookPath("gcc"); err != nil && !static {
				t.Skip("there is no gcc on this machine: the function with godror cannot be built here")
			}
			code := Code{Dir: filepath.Join(t.TempDir(), "functions"), Architecture: X8664}
			if err := buildCheck(t.Context(), "..", code, driver); err != nil {
				t.Fatal(err)
			}
			f, err := elf.Open(filepath.Join(code.Dir, checkName, "bootstrap"))
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
