package stacks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/lambda_layer/layer"
	"github.com/oralake/oralake/lambda_layer/layertest"
)

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
