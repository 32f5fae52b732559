package templates

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/oralake/oralake/stacks"
)

// add adds the stack of context to a new app.
func add(t *testing.T, context map[string]any) error {
	t.Helper()
	out := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out, Context: &context})
	_, err := stacks.Add(t.Context(), app, root)
	return err
}

// An invalid context gives an error of one line that names the valid choices.
func TestInvalidContext(t *testing.T) {
	for name, test := range map[string]struct {
		context map[string]any
		want    []string // parts of that line
	}{
		"unknown":        {map[string]any{"department": "slaes"}, []string{"slaes", "finance", "sales"}},
		"a path":         {map[string]any{"department": "../sales"}, []string{"../sales", "finance"}},
		"both":           {map[string]any{"department": "sales", "account": "true"}, []string{"none for all stacks"}},
		"account=yes":    {map[string]any{"account": "yes"}, []string{"account=yes", "true or false"}},
		"no such folder": {map[string]any{"department": "sales", "departments": "elsewhere"}, []string{"elsewhere"}},
		"no architecture": {
			map[string]any{"department": "sales", "architecture": "sparc"}, []string{"sparc", "x86_64", "arm64"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := add(t, test.context)
			if err == nil {
				t.Fatal("no error")
			}
			message := err.Error()
			if strings.Contains(message, "\n") {
				t.Errorf("more than one line: %s", message)
			}
			for _, want := range test.want {
				if !strings.Contains(message, want) {
					t.Errorf("%q does not contain %q", message, want)
				}
			}
		})
	}
}

// All errors of a file are reported at once, each with its line, before any construct is created.
func TestInvalidFile(t *testing.T) {
	dir := t.TempDir()
	file := strings.Join([]string{
		"department: wrong",
		"network: {create: 10.0.0.0/99}",
		"source: {secretName: a, database: B, sslMode: none}",
		"jobs:",
		"  nightly:",
		"    type: some-load",
		"    tables: [SALES]",
	}, "\n")
	if err := os.WriteFile(filepath.Join(dir, "wrong.yaml"), []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	err := add(t, map[string]any{"department": "wrong", "departments": dir})
	if err == nil {
		t.Fatal("no error")
	}
	for _, line := range []string{"wrong.yaml:2:", "wrong.yaml:6:", "wrong.yaml:7:"} {
		if !strings.Contains(err.Error(), line) {
			t.Errorf("no error at %s in:\n%v", line, err)
		}
	}
}

// The account stack needs no department and no build.
func TestAccountAlone(t *testing.T) {
	for _, value := range []any{"true", true} {
		if err := add(t, map[string]any{"account": value}); err != nil {
			t.Errorf("account=%v: %v", value, err)
		}
	}
}

// `cdk ls` and `cdk destroy` build nothing: this folder has no Go files.
func TestListingBuildsNothing(t *testing.T) {
	elsewhere, out := t.TempDir(), t.TempDir()
	departments, err := filepath.Abs(filepath.Join(root, "departments"))
	if err != nil {
		t.Fatal(err)
	}
	context := map[string]any{"department": "sales", "departments": departments, "aws:cdk:bundling-stacks": []any{}}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out, Context: &context})
	if _, err := stacks.Add(t.Context(), app, elsewhere); err != nil {
		t.Errorf("a listing without Go files fails: %v", err)
	}
	// A stack whose department requires the Oracle client can be deleted on a machine without the client.
	required := map[string]any{"department": "asked", "departments": t.TempDir(), "aws:cdk:bundling-stacks": []any{}}
	file := `department: asked
source: {database: ORCL, sslMode: none, secretName: oracle/asked, check: require}
network: {create: 10.1.0.0/24}
jobs:
  daily: {type: full-load, schedule: cron(0 4 * * ? *), tables: [SALES.ORDERS]}
`
	if err := os.WriteFile(filepath.Join(required["departments"].(string), "asked.yaml"), []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	app = awscdk.NewApp(&awscdk.AppProps{Outdir: &out, Context: &required})
	if _, err := stacks.Add(t.Context(), app, elsewhere); err != nil {
		t.Errorf("a listing without the layer fails: %v", err)
	}
	delete(context, "aws:cdk:bundling-stacks")
	app = awscdk.NewApp(&awscdk.AppProps{Outdir: &out, Context: &context})
	if _, err := stacks.Add(t.Context(), app, elsewhere); err == nil {
		t.Error("a synth succeeds without a build of the functions")
	}
}
