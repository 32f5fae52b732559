// Package architecture checks the structure of the repository: which package may import which, what is linked into which
// program, and that both modules require the same versions of the modules that they share.
package architecture

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
	"testing"
)

// reportAll reports each violation as an error.
func reportAll(t *testing.T, violations []string) {
	t.Helper()
	for _, violation := range violations {
		t.Error(violation)
	}
}

// builds has the build tags of the two check functions, by driver.
var builds = map[string][]string{"godror": nil, "go-ora": {"goora"}}

// Packages import only along the arrows, and few packages import the CDK or a driver.
func TestArrows(t *testing.T) {
	for driver, tags := range builds {
		t.Run("product with "+driver, func(t *testing.T) {
			product := list(t, ".", tags...)
			reportAll(t, checkArrows(product, parseArrows(productArrows), built))
			reportAll(t, checkRestrictions(product, restrictions))
		})
	}
	t.Run("test bed", func(t *testing.T) {
		bed := list(t, "test")
		reportAll(t, checkArrows(bed, parseArrows(testArrows), built))
		reportAll(t, checkArrows(bed, parseArrows(ownTestArrows), tested))
		reportAll(t, checkRestrictions(bed, restrictions))
	})
}

// A function links only what it needs: only the check function links a driver, and none links the test module or the CDK.
func TestLinks(t *testing.T) {
	for driver, tags := range builds {
		t.Run(driver, func(t *testing.T) {
			product := list(t, ".", tags...)
			reportAll(t, checkLinks(product, links))
			// The function check links its driver, so the rules can find drivers.
			i := slices.IndexFunc(product, func(p pkg) bool { return p.folder() == "lambdas/check" })
			if i < 0 {
				t.Fatal("there is no function lambdas/check")
			}
			for _, prefix := range strings.Fields(oracleDrivers) {
				linked := slices.ContainsFunc(product[i].Deps, func(dep string) bool { return below(dep, prefix) && dep != walletReader })
				if want := strings.Contains(prefix, "/"+driver); linked != want {
					t.Errorf("lambdas/check with %s links %s: %t, want %t", driver, prefix, linked, want)
				}
			}
		})
	}
}

// A folder has the name of its package, and the name says what is in it.
func TestNames(t *testing.T) {
	reportAll(t, checkNames(list(t, ".")))
	reportAll(t, checkNames(list(t, "test")))
}

// The root module requires no module that only the test module needs.
func TestProductNeedsNoEmulator(t *testing.T) {
	reportAll(t, checkBuildList(strings.Fields(string(goCommand(t, ".", "list", "-m", "-f", "{{.Path}}", "all"))), emulators))
}

// The tests test what is deployed: both modules require the same versions of the modules that they share.
func TestVersions(t *testing.T) {
	product, bed := required(t, "."), required(t, "test")
	if len(product) == 0 || len(bed) == 0 {
		t.Fatalf("%d and %d modules are required, want some", len(product), len(bed))
	}
	reportAll(t, checkVersions(product, bed))
}

// required returns the versions that a go.mod requires, by module, and the version of Go.
func required(t *testing.T, dir string) map[string]string {
	t.Helper()
	var file struct {
		Go, Toolchain string
		Require       []struct{ Path, Version string }
	}
	if err := json.Unmarshal(goCommand(t, dir, "mod", "edit", "-json"), &file); err != nil {
		t.Fatalf("read %s: %v", path.Join(dir, "go.mod"), err)
	}
	versions := map[string]string{"go": file.Go, "toolchain": file.Toolchain}
	for _, r := range file.Require {
		versions[r.Path] = r.Version
	}
	return versions
}
