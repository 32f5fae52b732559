package department_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/oralake/oralake/internal/department"
)

func TestSchemaIsCurrent(t *testing.T) {
	got, err := department.Schema()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "../../departments/schema.json", got)
}

// fitsSchema returns why an editor with the schema would refuse src, or nil.
func fitsSchema(t testing.TB, src []byte) error {
	t.Helper()
	resolved, err := resolvedSchema()
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := yaml.YAMLToJSON(src)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(asJSON, &value); err != nil {
		t.Fatal(err)
	}
	return resolved.Validate(value)
}

var resolvedSchema = sync.OnceValues(func() (*jsonschema.Resolved, error) {
	raw, err := department.Schema()
	if err != nil {
		return nil, err
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(raw, &schema); err != nil {
		return nil, err
	}
	return schema.Resolve(nil)
})

func TestSchemaAcceptsSamples(t *testing.T) {
	paths, err := filepath.Glob("../../departments/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := fitsSchema(t, src); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	for name, src := range map[string]string{
		"an unknown key": short + "colour: blue\n",
		"a wrong type":   short + "recordDays: many\n",
		"out of range":   short + "recordDays: 0\n",
		"no such step":   short + "logDays: 31\n",
	} {
		if err := fitsSchema(t, []byte(src)); err == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
	if err := fitsSchema(t, []byte(short)); err != nil {
		t.Errorf("the schema refuses the shortest file: %v", err)
	}
}
