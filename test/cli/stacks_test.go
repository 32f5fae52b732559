package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/demo"
	"github.com/oralake/oralake/test/harness"
)

const hr = `department: hr
network: {create: 10.42.0.0/24}
source: {secretName: oralake/sales, database: ORCLPDB1, sslMode: none, driver: go-ora}
jobs:
  daily: {type: full-load, tables: [SALES.REGION]}
`

// Without a context for one stack, the CDK CLI deploys, compares and deletes stacks by name, and all stacks with --all. An
// invalid department file does not disturb the others.
func TestStacksByName(t *testing.T) {
	needCLI(t)
	files := t.TempDir()
	for name, content := range map[string]string{"hr.yaml": hr, "broken.yaml": "department: ["} {
		if err := os.WriteFile(filepath.Join(files, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w, err := demo.OpenWorld(t.Context(), demo.Options{
		Root: harness.Root(), Dir: t.TempDir(), Scale: 0.001, Speed: 1000, Bare: true, Out: t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	all := "departments=" + files
	for _, step := range []struct {
		command []string
		want    []string // the stacks after the command
	}{
		{[]string{"deploy", "oralake-account", "--require-approval", "never"}, []string{"oralake-account"}},
		{[]string{"deploy", "--all", "--require-approval", "never"}, []string{"oralake-account", "oralake-hr"}},
		{[]string{"destroy", "oralake-hr", "--force"}, []string{"oralake-account"}},
		{[]string{"destroy", "--all", "--force"}, nil},
	} {
		if err := w.CDK(t.Context(), all, step.command[0], step.command[1:]...); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, deployedStacks(t, w)); diff != "" {
			t.Fatalf("stacks after cdk %s (-want +got):\n%s", strings.Join(step.command, " "), diff)
		}
		if len(step.want) == 2 {
			output, err := w.Diff(t.Context(), all, "oralake-hr")
			if err != nil || !strings.Contains(output, "There were no differences") {
				t.Errorf("cdk diff oralake-hr: %v\n%s", err, output)
			}
		}
	}
}

// deployedStacks returns the names of the existing stacks, of the account and the departments.
func deployedStacks(t *testing.T, w *demo.World) (names []string) {
	t.Helper()
	client := cloudformation.NewFromConfig(w.Cloud.Admin())
	for _, name := range []string{"oralake-account", "oralake-broken", "oralake-hr"} {
		out, err := client.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
		if err != nil {
			if strings.Contains(err.Error(), "does not exist") {
				continue
			}
			t.Fatal(err)
		}
		if status := out.Stacks[0].StackStatus; status != "CREATE_COMPLETE" && status != "UPDATE_COMPLETE" {
			t.Errorf("stack %s is %s", name, status)
		}
		names = append(names, name)
	}
	return names
}
