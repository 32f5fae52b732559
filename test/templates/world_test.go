package templates

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/stacks"
	"github.com/oralake/oralake/test/cdkprocess"
)

// root is the root module's folder, relative to this package.
const root = "../.."

// scratch is deleted after the tests.
var scratch string

// The tests run one after another, since they share the Node process in which the CDK runs.
func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	// The CDK runs on the Node version of package.json, if it is installed.
	bin, err := filepath.Abs(filepath.Join(root, "node_modules", ".bin"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	os.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	dir, err := os.MkdirTemp("", "oralake-stacks-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	os.Setenv("TMPDIR", dir) // The CDK's process leaves files there.
	defer cdkprocess.Close()
	scratch = dir
	return m.Run()
}

// template has the parts of a CloudFormation template that these tests read.
type template struct {
	Resources map[string]resource
	Outputs   map[string]any
	source    []byte
}

type resource struct {
	Type                string
	Properties          map[string]any
	DeletionPolicy      string
	UpdateReplacePolicy string
	DependsOn           []string
}

// world returns all stacks by name: of the departments in departments/ and in testdata/departments/, and the account stack.
// All are in one app, as they may be in one account.
func world(t *testing.T) map[string]template {
	t.Helper()
	templates, err := synthesized()
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

var synthesized = sync.OnceValues(func() (templates map[string]template, err error) {
	// The CDK panics. As an error, each test can report the panic.
	defer func() {
		if complaint := recover(); complaint != nil {
			err = fmt.Errorf("the CDK refuses the stacks: %v", complaint)
		}
	}()
	return synthesize()
})

func synthesize() (map[string]template, error) {
	context, err := cdkContext()
	if err != nil {
		return nil, err
	}
	out := filepath.Join(scratch, "cdk.out")
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out, Context: &context})
	names, err := addAll(app)
	if err != nil {
		return nil, err
	}
	// With this context the CDK checks the templates and fails if one has an error.
	app.Synth(nil)
	templates := map[string]template{}
	for _, name := range names {
		source, err := os.ReadFile(filepath.Join(out, name+".template.json"))
		if err != nil {
			return nil, err
		}
		one := template{source: source}
		if err := json.Unmarshal(source, &one); err != nil {
			return nil, fmt.Errorf("template of %s: %w", name, err)
		}
		templates[name] = one
	}
	return templates, nil
}

// addAll adds all stacks to app and returns their names.
func addAll(app awscdk.App) (names []string, err error) {
	code, err := bootstraps()
	if err != nil {
		return nil, err
	}
	all, err := departments()
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		compiled, err := manifest.Compile(d)
		if err != nil {
			return nil, err
		}
		document, err := compiled.Bytes()
		if err != nil {
			return nil, err
		}
		stack, err := stacks.NewDepartment(app, stacks.DepartmentProps{
			Department: d, Manifest: document, Code: code, Check: checkOf(d),
		})
		if err != nil {
			return nil, err
		}
		names = append(names, *stack.StackName())
	}
	return append(names, *stacks.NewAccount(app).StackName()), nil
}

// checkOf returns the check function of a department, which needs no Oracle client in these tests.
func checkOf(d *department.Department) *stacks.Check {
	if d.Source.Driver != department.GoOra {
		return nil
	}
	return &stacks.Check{Driver: department.GoOra}
}

// departments loads the sample departments and those of these tests.
func departments() (all []*department.Department, err error) {
	for _, dir := range []string{filepath.Join(root, "departments"), "testdata/departments"} {
		names, err := department.List(dir)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			d, err := department.Load(filepath.Join(dir, name+".yaml"))
			if err != nil {
				return nil, err
			}
			all = append(all, d)
		}
	}
	return all, nil
}

// departmentStacks returns the stacks of world except the account stack.
func departmentStacks(t *testing.T) map[string]template {
	t.Helper()
	selected := map[string]template{}
	for name, one := range world(t) {
		if name != "oralake-account" {
			selected[name] = one
		}
	}
	return selected
}

// bootstraps creates a folder with the layout of a build. The content of the files does not affect a template.
func bootstraps() (stacks.Code, error) {
	code := stacks.Code{Dir: filepath.Join(scratch, "functions"), Architecture: stacks.X8664}
	for _, name := range append(slices.Clone(contract.Functions), "check-go-ora") {
		dir := filepath.Join(code.Dir, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return code, err
		}
		if err := os.WriteFile(filepath.Join(dir, "bootstrap"), []byte(name), 0o755); err != nil {
			return code, err
		}
	}
	return code, nil
}

// cdkContext returns the context of cdk.json, so that these tests use the same context as the CLI.
func cdkContext() (map[string]any, error) {
	source, err := os.ReadFile(filepath.Join(root, "cdk.json"))
	if err != nil {
		return nil, err
	}
	var file struct{ Context map[string]any }
	if err := json.Unmarshal(source, &file); err != nil {
		return nil, fmt.Errorf("cdk.json: %w", err)
	}
	return file.Context, nil
}
