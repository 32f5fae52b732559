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
		"nothing":      {nil, "there is no zip: download the Basic Light Package"},
		"two clients":  {[]string{"-client", "a.zip", "b.zip"}, `"b.zip" is a second file`},
		"client twice": {[]string{"-client", "a.zip", "-client", "b.zip"}, "b.zip is a second client"},
		"no -client":   {[]string{"a.zip"}, "write -client a.zip"},
		"unknown flag": {[]string{"-verbose"}, "flag provided but not defined: -verbose: see -h"},
		"flag last":    {[]string{"a.zip", "-extra", "libaio.so.1"}, "write -client a.zip"},
		"no value":     {[]string{"-client"}, "flag needs an argument: -client: see -h"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			err := run(test.arguments, &out)
			if err == nil || !strings.Contains(err.Error(), test.want) || out.Len() > 0 {
				t.Errorf("got %v, printed %q, want %q and nothing printed", err, out.String(), test.want)
			}
		})
	}
}

// The help names the download page, the command and its options.
func TestHelp(t *testing.T) {
	var out strings.Builder
	if err := run([]string{"-h"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"go run ./lambda_layer -client ", "https://www.oracle.com/", "-extra", "-out"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got %q, want it to contain %q", out.String(), want)
		}
	}
}

// The layer is written to the path that the stack uses, from every folder of the module.
func TestWhereTheLayerGoes(t *testing.T) {
	for _, folder := range []string{"..", ".", "layer"} {
		t.Chdir(folder)
		got, err := standardOut()
		if err != nil {
			t.Fatal(err)
		}
		_, err = os.Stat(filepath.Join(filepath.Dir(got), "main.go"))
		if err != nil || filepath.Base(got) != "oracle-client.zip" {
			t.Errorf("in %s: got %s, want oracle-client.zip in the folder lambda_layer", folder, got)
		}
		if folder == ".." && got != filepath.Join("lambda_layer", "oracle-client.zip") {
			t.Errorf("got %s in the module's folder, want a short path", got)
		}
		if folder == ".." {
			t.Chdir("lambda_layer")
		}
	}
	t.Chdir(t.TempDir())
	if got, err := standardOut(); err == nil || !strings.Contains(err.Error(), "-out") {
		t.Errorf("got %s, %v outside of the module, want an error that names -out", got, err)
	}
}
