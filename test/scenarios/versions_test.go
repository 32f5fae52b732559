package scenarios_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/stacks"
	"github.com/oralake/oralake/test/harness"
)

// version is a department and its template.
type version struct {
	department *department.Department
	template   []byte
}

// templates caches the synthesized templates by the department's file, since several tests start with the same file.
var templates = map[string][]byte{}

// file returns a department's file.
func file(jobs, other string) string {
	return `department: sales
network: {create: 10.40.0.0/24}
source: {secretName: oralake/sales, database: ORCLPDB1, sslMode: none}
` + other + `
jobs:
` + jobs
}

// synthesize synthesizes the template of a department with these jobs and other keys.
func synthesize(t *testing.T, jobs, other string) version {
	t.Helper()
	return synthesizeFile(t, file(jobs, other))
}

// synthesizeFile synthesizes the template of a department's file. Call it outside of bubbles: the CDK is another process.
func synthesizeFile(t *testing.T, file string) version {
	t.Helper()
	d, err := department.Parse("sales.yaml", []byte(file))
	if err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	if template, found := templates[file]; found {
		return version{d, slices.Clone(template)}
	}
	m, err := manifest.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	document, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(scratch, fmt.Sprintf("cdk.out-%d", len(templates)))
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out})
	props := stacks.DepartmentProps{Department: d, Manifest: document, Code: code(t)}
	if d.Source.Driver == department.GoOra { // The other driver needs a layer.
		props.Check = &stacks.Check{Driver: department.GoOra}
	}
	if _, err := stacks.NewDepartment(app, props); err != nil {
		t.Fatal(err)
	}
	app.Synth(nil)
	template, err := os.ReadFile(filepath.Join(out, "oralake-sales.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	templates[file] = template
	return version{d, slices.Clone(template)}
}

// code returns a folder with the layout of a build. Its files are not used, since the functions run in this process.
func code(t *testing.T) stacks.Code {
	t.Helper()
	made := stacks.Code{Dir: filepath.Join(scratch, "functions"), Architecture: stacks.X8664}
	for _, name := range append(slices.Clone(contract.Functions), "check-"+department.GoOra) {
		dir := filepath.Join(made.Dir, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "bootstrap"), []byte(name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return made
}

// open opens an account whose Oracle database has the sample rows.
func open(t *testing.T, o harness.Options) *harness.Account {
	t.Helper()
	return harness.Open(t, sample(t), o)
}
