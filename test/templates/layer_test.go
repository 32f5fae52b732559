package templates

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/stacks"
)

// layerTemplate has the layer resources of the stack of the department sales.
type layerTemplate struct {
	Resources map[string]struct {
		Type       string
		Properties struct {
			Layers, Architectures, CompatibleArchitectures []any
			Content                                        map[string]any
		}
	}
}

func synthWithLayer(t *testing.T, zip string) layerTemplate {
	t.Helper()
	d, err := department.Load(root + "/departments/sales.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d.Source.Check = department.CheckRequire
	compiled, err := manifest.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	document, err := compiled.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	code := stacks.Code{Dir: filepath.Join(t.TempDir(), "functions"), Architecture: stacks.ARM64}
	for _, name := range append(slices.Clone(contract.Functions), "check-godror") {
		if err := os.MkdirAll(filepath.Join(code.Dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	out := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out})
	if _, err := stacks.NewDepartment(app, stacks.DepartmentProps{
		Department: d, Manifest: document, Code: code, Check: &stacks.Check{Driver: department.Godror, Layer: zip},
	}); err != nil {
		t.Fatal(err)
	}
	app.Synth(nil)
	content, err := os.ReadFile(filepath.Join(out, "oralake-sales.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	var made layerTemplate
	if err := json.Unmarshal(content, &made); err != nil {
		t.Fatal(err)
	}
	return made
}

// Only the check function has the layer, which has the function's architecture. It changes only with the zip's bytes.
func TestLayerInTheStack(t *testing.T) {
	write := func(content string) string {
		path := filepath.Join(t.TempDir(), "oracle-client.zip")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	keys := map[string]map[string]any{}
	for name, content := range map[string]string{"a": "one layer", "b": "one layer", "c": "another layer"} {
		made := synthWithLayer(t, write(content))
		layerID, users := "", []string{}
		for id, r := range made.Resources {
			switch {
			case r.Type == "AWS::Lambda::LayerVersion":
				layerID, keys[name] = id, r.Properties.Content
				if diff := cmp.Diff([]any{"arm64"}, r.Properties.CompatibleArchitectures); diff != "" {
					t.Errorf("the layer's architectures (-want +got):\n%s", diff)
				}
			case len(r.Properties.Layers) > 0:
				users = append(users, id)
			}
		}
		if len(users) != 1 || !strings.HasPrefix(users[0], "FunctionsCheck") {
			t.Fatalf("got functions with layers %q, want only the check function", users)
		}
		function := made.Resources[users[0]].Properties
		if diff := cmp.Diff([]any{map[string]any{"Ref": layerID}}, function.Layers); diff != "" {
			t.Errorf("the function's layers (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]any{"arm64"}, function.Architectures); diff != "" {
			t.Errorf("the function's architectures (-want +got):\n%s", diff)
		}
	}
	if !cmp.Equal(keys["a"], keys["b"]) || cmp.Equal(keys["a"], keys["c"]) {
		t.Errorf("got the objects %v, want equal ones of equal zips only", keys)
	}
}
