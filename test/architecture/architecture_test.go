// Package architecture asserts the house: who imports whom, what is linked into what, and that both modules mean the same
// versions of the modules that they share.
package architecture

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
	"testing"
)

// reportAll makes an error of each violation.
func reportAll(t *testing.T, violations []string) {
	t.Helper()
	for _, violation := range violations {
		t.Error(violation)
	}
}

// builds are the tags that make the two check functions, by the driver that each has.
var builds = map[string][]string{"godror": nil, "go-ora": {"goora"}}

// Imports run one way, along the arrows, and few packages know the CDK or a driver.
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

// A function holds what it needs: a driver only where one asks the database, and nothing of the test bed or the CDK.
func TestLinks(t *testing.T) {
	for driver, tags := range builds {
		t.Run(driver, func(t *testing.T) {
			product := list(t, ".", tags...)
			reportAll(t, checkLinks(product, links))
			// What the rules look for is found where it belongs, so that they find it elsewhere too.
			i := slices.IndexFunc(product, func(p pkg) bool { return p.folder() == "lambdas/check" })
			if i < 0 {
				t.Fatal("there is no function lambdas/check")
			}
			for _, prefix := range strings.Fields(oracleDrivers) {
				linked := slices.ContainsFunc(product[i].Deps, func(dep string) bool { return below(dep, prefix) })
				if want := strings.Contains(prefix, "/"+driver); linked != want {
					t.Errorf("lambdas/check with %s links %s: %t, want %t", driver, prefix, linked, want)
				}
			}
		})
	}
}

// A folder's name is its package's, and says what is in it.
func TestNames(t *testing.T) {
	reportAll(t, checkNames(list(t, ".")))
	reportAll(t, checkNames(list(t, "test")))
}

// The root module's build list has nothing that the test bed alone needs.
func TestProductNeedsNoEmulator(t *testing.T) {
	reportAll(t, checkBuildList(strings.Fields(string(goCommand(t, ".", "list", "-m", "-f", "{{.Path}}", "all"))), emulators))
}

// What is tested is what is deployed: both modules select the same version of what both have.
func TestVersions(t *testing.T) {
	product, bed := required(t, "."), required(t, "test")
	if len(product) == 0 || len(bed) == 0 {
		t.Fatalf("%d and %d modules are required, want some", len(product), len(bed))
	}
	reportAll(t, checkVersions(product, bed))
}

// required is what a go.mod selects: versions by module, and Go's own.
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
