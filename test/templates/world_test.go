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
	"github.com/aws/jsii-runtime-go"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/stacks"
)

// root is the module's folder, as seen from here.
const root = "../.."

// scratch is gone after the tests.
var scratch string

// All tests that need the CDK are in this package, and one after another: they share one Node process.
func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	// The CDK runs on the Node that package.json pins, if it is installed.
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
	defer jsii.Close()
	scratch = dir
	return m.Run()
}

// template is a CloudFormation template, as far as these tests look.
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
}

// world is every stack there is, by name: of the departments in departments/ and in testdata/departments/, and the
// account's. All are in one app, as they may all be in one account.
func world(t *testing.T) map[string]template {
	t.Helper()
	templates, err := synthesized()
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

var synthesized = sync.OnceValues(func() (templates map[string]template, err error) {
	// The CDK panics; with an error every test can say why it has no templates.
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
	// The context has the CDK check the templates, which fails here if it finds an error in one.
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

// addAll adds every stack to app and returns their names.
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

// checkOf is the check function of a department: those of the tests need no Oracle client.
func checkOf(d *department.Department) *stacks.Check {
	if d.Source.Driver != department.GoOra {
		return nil
	}
	return &stacks.Check{Driver: department.GoOra}
}

// departments loads the samples and those that only these tests have.
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

// departmentStacks are the stacks of world but the account's.
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

// bootstraps makes a folder of functions as a build leaves it; what is in them matters to no template.
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

// cdkContext is the context of cdk.json: these tests see what the CLI sees.
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
