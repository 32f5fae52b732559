package stacks

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/lambda_layer/layer"
	"github.com/oralake/oralake/lambda_layer/layertest"
)

// layerTemplate has the resources of a layer in the stack of the department sales.
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
	d, err := department.Load("../departments/sales.yaml")
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
	code := Code{Dir: filepath.Join(t.TempDir(), "functions"), Architecture: ARM64}
	for _, name := range append(contract.Functions, checkFolder(department.Godror)) {
		if err := os.MkdirAll(filepath.Join(code.Dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	out := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out})
	if _, err := NewDepartment(app, DepartmentProps{
		Department: d, Manifest: document, Code: code, Check: &Check{Driver: department.Godror, Layer: zip},
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

// Only the check function has the layer. The layer is for the function's processor, and is replaced only if the zip's bytes
// change.
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
			t.Fatalf("got functions with layers %q, want the check only", users)
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
		t.Errorf("got the objects %v, want the same object only for equal zips", keys)
	}
}

// The error for a layer for another processor names both fixes.
func TestLayerForAnotherProcessor(t *testing.T) {
	c := Check{Driver: department.Godror, Layer: standInLayer(t)}
	if err := c.checkLayer(X8664); err != nil {
		t.Error(err)
	}
	err := c.checkLayer(ARM64)
	for _, want := range []string{"-c architecture=x86_64", "the client for arm64"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to contain %q", err, want)
		}
	}
}

// standInLayer writes a layer for x86-64 from a client without code.
func standInLayer(t *testing.T) string {
	t.Helper()
	libaio := filepath.Join(t.TempDir(), "libaio.so.1")
	if err := os.WriteFile(libaio, layertest.Library{Soname: "libaio.so.1"}.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "oracle-client.zip")
	client := layertest.Zip(t, "client.zip", layertest.Client(0, 19))
	if _, err := layer.Build(layer.Options{Client: client, Extra: []string{libaio}, Search: []string{}, Out: out}); err != nil {
		t.Fatal(err)
	}
	return out
}
