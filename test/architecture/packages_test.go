package architecture

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// module is the path of the root module and the prefix of the test module's path.
const module = "github.com/oralake/oralake"

// root is the repository's folder, relative to this package.
const root = "../.."

// pkg is a package as `go list -json` describes it.
type pkg struct {
	ImportPath, Name string
	Imports          []string // outside tests
	TestImports      []string // of tests in the package
	XTestImports     []string // of tests in package NAME_test
	Deps             []string // all transitive imports
}

// folder returns the folder of a package in the repository: "." for the root package.
func (p pkg) folder() string { return folder(p.ImportPath) }

// tests returns the imports of its tests.
func (p pkg) tests() []string {
	all := slices.Concat(p.TestImports, p.XTestImports)
	slices.Sort(all)
	return slices.Compact(all)
}

// ours reports whether an import path is a package of this repository.
func ours(importPath string) bool { return below(importPath, module) }

// folder returns the folder of a package of this repository.
func folder(importPath string) string {
	return path.Join(".", strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/"))
}

// below reports whether an import path is prefix or lies below it.
func below(importPath, prefix string) bool {
	return importPath == prefix || strings.HasPrefix(importPath, prefix+"/")
}

// belowAny returns the first of the prefixes that an import path equals or lies below.
func belowAny(importPath, prefixes string) (prefix string, found bool) {
	for _, prefix := range strings.Fields(prefixes) {
		if below(importPath, prefix) {
			return prefix, true
		}
	}
	return "", false
}

// named reports whether a word of names matches a folder: its name, NAME/..., or "...", which matches every folder.
func named(folder, names string) bool {
	return slices.ContainsFunc(strings.Fields(names), func(name string) bool {
		above, tree := strings.CutSuffix(name, "...")
		return name == folder || tree && (above == "" || below(folder, strings.TrimSuffix(above, "/")))
	})
}

// list returns the packages of a module of the repository from `go list`, with the tags of Lambda functions and more tags.
func list(t *testing.T, dir string, tags ...string) []pkg {
	t.Helper()
	output := goCommand(t, dir, "list", "-json=ImportPath,Name,Imports,TestImports,XTestImports,Deps",
		"-tags="+strings.Join(append(tags, "lambda.norpc"), ","), "./...")
	var all []pkg
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var p pkg
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(fmt.Errorf("read the output of go list in %s: %w", dir, err))
		}
		all = append(all, p)
	}
}

// goCommand runs Go in a folder of the repository, for the platform of a deployed function, and returns its output.
func goCommand(t *testing.T, dir string, arguments ...string) []byte {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", arguments...)
	command.Dir = path.Join(root, dir)
	command.Env = append(os.Environ(), "GOWORK=off", "GOOS=linux", "CGO_ENABLED=1")
	var complaints strings.Builder
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go %s in %s: %v\n%s", strings.Join(arguments, " "), command.Dir, err, complaints.String())
	}
	return output
}
