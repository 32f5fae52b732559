package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oralake/oralake/lambda_layer/layertest"
)

func TestRun(t *testing.T) {
	folder := t.TempDir()
	aio, out := filepath.Join(folder, "libaio.so.1"), filepath.Join(folder, "made", "layer.zip")
	if err := os.WriteFile(aio, layertest.Library{Soname: "libaio.so.1"}.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	client := layertest.Zip(t, "client.zip", layertest.Client(0, 19))
	var printed strings.Builder
	if err := run([]string{"-client", client, "-extra", aio, "-out", out}, &printed); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(out); err != nil {
		t.Error(err)
	}
	for _, want := range []string{
		"lib/libclntsh.so           -> libclntsh.so.19.1", "left out                   libocci.so.19.1",
		"added                      libaio.so.1 from " + aio, "client                     19.19.0.0.0 for x86_64",
		"written                    " + out, "sha256",
	} {
		if !strings.Contains(printed.String(), want) {
			t.Errorf("got\n%s\nwant it to contain %q", printed.String(), want)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		arguments []string
		want      string
	}{
		"nothing":     {nil, "there is no zip: download the Basic Light Package"},
		"two clients": {[]string{"-client", "a.zip", "b.zip"}, `"b.zip" is one file too many`},
	} {
		err := run(test.arguments, &strings.Builder{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}
