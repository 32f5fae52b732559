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

// module is the path of the root module, and the beginning of the test module's.
const module = "github.com/oralake/oralake"

// root is the repository's folder, as seen from here.
const root = "../.."

// pkg is a package as `go list -json` describes it.
type pkg struct {
	ImportPath, Name string
	Imports          []string // of what is built
	TestImports      []string // of its tests inside the package
	XTestImports     []string // of its tests outside
	Deps             []string // everything that Imports lead to
}

// folder is where a package lies below the repository: "." for the root's.
func (p pkg) folder() string { return folder(p.ImportPath) }

// tests are the imports of its tests.
func (p pkg) tests() []string {
	all := slices.Concat(p.TestImports, p.XTestImports)
	slices.Sort(all)
	return slices.Compact(all)
}

// ours says whether an import path is a package of this repository.
func ours(importPath string) bool { return below(importPath, module) }

// folder is the folder of a package of ours.
func folder(importPath string) string {
	return path.Join(".", strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/"))
}

// below says whether an import path is prefix, or lies below it.
func below(importPath, prefix string) bool {
	return importPath == prefix || strings.HasPrefix(importPath, prefix+"/")
}

// belowAny is the first of the prefixes that an import path is or lies below.
func belowAny(importPath, prefixes string) (prefix string, found bool) {
	for _, prefix := range strings.Fields(prefixes) {
		if below(importPath, prefix) {
			return prefix, true
		}
	}
	return "", false
}

// named says whether a word of names names a folder: by itself, by NAME/... or by "...", which is any.
func named(folder, names string) bool {
	return slices.ContainsFunc(strings.Fields(names), func(name string) bool {
		above, tree := strings.CutSuffix(name, "...")
		return name == folder || tree && (above == "" || below(folder, strings.TrimSuffix(above, "/")))
	})
}

// list is what Go knows of the packages of a module of the repository, built with the tags of Lambda functions and more.
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
			t.Fatal(fmt.Errorf("read what go list says of %s: %w", dir, err))
		}
		all = append(all, p)
	}
}

// goCommand runs Go in a folder below the repository, as for a function that is deployed, and returns what it prints.
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
