package yamlschema_test

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
)

var resolvedSchema = sync.OnceValues(func() (*jsonschema.Resolved, error) { return gardenType().Schema().Resolve(nil) })

// fitsSchema returns why an editor with the schema would refuse src, or nil.
func fitsSchema(t testing.TB, src string) error {
	t.Helper()
	resolved, err := resolvedSchema()
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := yaml.YAMLToJSON([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(asJSON, &value); err != nil {
		t.Fatal(err)
	}
	return resolved.Validate(value)
}

func TestSchemaRefuses(t *testing.T) {
	const good = "name: north\ntrees: [oak]\nowner: Ann\n"
	if err := fitsSchema(t, good); err != nil {
		t.Fatalf("the schema refuses the sample: %v", err)
	}
	for name, src := range map[string]string{
		"an unknown key":         good + "roses: 5\n",
		"a wrong type":           good + "acres: many\n",
		"a number out of range":  good + "acres: 91\n",
		"a number between steps": good + "water: 30\n",
		"another word":           good + "water: often\n",
		"a word of no choice":    good + "soil: rock\n",
		"empty text":             good + "country: ''\n",
		"text for a boolean":     good + "open: 'yes'\n",
		"two of one choice":      good + "tenant: Bob\n",
		"none of one choice":     "name: north\ntrees: [oak]\n",
		"a pattern missed":       "name: North\ntrees: [oak]\nowner: Ann\n",
		"too few items":          "name: north\ntrees: []\nowner: Ann\n",
		"too many items":         "name: north\ntrees: [a, b, c, d]\nowner: Ann\n",
		"an incomplete item":     "name: north\ntrees: [{age: '5'}]\nowner: Ann\n",
		"a missing key":          "name: north\nowner: Ann\n",
	} {
		if err := fitsSchema(t, src); err == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

// The schema gives editors the descriptions, the defaults and the order of the keys.
func TestSchemaDescribes(t *testing.T) {
	s := gardenType().Schema()
	soil := s.Properties["soil"]
	if got, want := soil.Description, "What it stands on."; got != want {
		t.Errorf("description %q, want %q", got, want)
	}
	if got, want := string(soil.Default), `"loam"`; got != want {
		t.Errorf("default %s, want %s", got, want)
	}
	if diff := cmp.Diff(gardenType().Keys(), s.PropertyOrder); diff != "" {
		t.Errorf("order of the keys (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"name", "trees"}, s.Required); diff != "" {
		t.Errorf("required keys (-want +got):\n%s", diff)
	}
}
