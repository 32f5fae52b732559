package layer_test

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/lambda_layer/layer"
	"github.com/oralake/oralake/lambda_layer/layertest"
)

// libaio returns a library that Lambda can load.
func libaio(machine elf.Machine) layertest.Library {
	return layertest.Library{
		Machine: machine, Soname: "libaio.so.1", Needed: []string{"libc.so.6"}, Glibc: []string{"GLIBC_2.4"},
	}
}

// machine returns a folder with libraries, for Options.Search.
func machine(t *testing.T, libraries map[string]layertest.Library) []string {
	t.Helper()
	folder := t.TempDir()
	for name, l := range libraries {
		if err := os.WriteFile(filepath.Join(folder, name), l.Bytes(), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return []string{folder}
}

func withLibaio(t *testing.T) []string {
	t.Helper()
	return machine(t, map[string]layertest.Library{"libaio.so.1": libaio(0)})
}

func build(t *testing.T, client string, search []string) (layer.Report, error) {
	t.Helper()
	return layer.Build(layer.Options{Client: client, Search: search, Out: filepath.Join(t.TempDir(), "layer.zip")})
}

// contents returns the names in a zip, each with "file" or the target of its link.
func contents(t *testing.T, path string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	got := map[string]string{}
	for _, f := range z.File {
		got[f.Name] = "file"
		if f.Mode()&fs.ModeSymlink == 0 {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		target, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got[f.Name] = "-> " + string(target)
	}
	return got
}

func TestLayerOfAClient(t *testing.T) {
	for name, c := range map[string]struct {
		machine elf.Machine
		want    layer.Architecture
	}{"x86-64": {elf.EM_X86_64, layer.X8664}, "arm64": {elf.EM_AARCH64, layer.ARM64}} {
		t.Run(name, func(t *testing.T) {
			client := layertest.Zip(t, "client.zip", layertest.Client(c.machine, 19))
			search := machine(t, map[string]layertest.Library{"libaio.so.1": libaio(c.machine)})
			r, err := build(t, client, search)
			if err != nil {
				t.Fatal(err)
			}
			if r.Architecture != c.want || r.Version != "19.19.0.0.0" {
				t.Errorf("got client %s for %s, want 19.19.0.0.0 for %s", r.Version, r.Architecture, c.want)
			}
			want := map[string]string{
				"lib/libclntsh.so": "-> libclntsh.so.19.1", "lib/libclntsh.so.12.1": "-> libclntsh.so.19.1",
				"lib/libclntsh.so.19.1": "file", "lib/libclntshcore.so.19.1": "file", "lib/libnnz19.so": "file",
				"lib/libociicus.so": "file", "lib/libaio.so.1": "file",
				"lib/BASIC_LITE_LICENSE": "file", "lib/BASIC_LITE_README": "file",
			}
			if diff := cmp.Diff(want, contents(t, r.Out)); diff != "" {
				t.Errorf("contents (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"genezi", "libocci.so", "libocci.so.19.1"}, r.LeftOut); diff != "" {
				t.Errorf("left out (-want +got):\n%s", diff)
			}
			if want := []string{"libaio.so.1 from " + filepath.Join(search[0], "libaio.so.1")}; !slices.Equal(r.Added, want) {
				t.Errorf("got added %q, want %q", r.Added, want)
			}
			info, err := layer.Inspect(r.Out)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r.Info, info); diff != "" {
				t.Errorf("inspected (-built +inspected):\n%s", diff)
			}
		})
	}
}

// Build gives the same bytes for every order and for all times of the files in the client's zip.
func TestEqualInputsGiveEqualBytes(t *testing.T) {
	files := layertest.Client(0, 19)
	search := withLibaio(t)
	first, err := build(t, layertest.Zip(t, "a.zip", files), search)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(files)
	second, err := build(t, layertest.Zip(t, "b.zip", files), search)
	if err != nil {
		t.Fatal(err)
	}
	a, errA := os.ReadFile(first.Out)
	b, errB := os.ReadFile(second.Out)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if !bytes.Equal(a, b) || first.SHA256 != second.SHA256 {
		t.Error("the same client gave two different layers")
	}
}

// replace changes entries of a client by their names. A nil file removes an entry.
func replace(files []layertest.File, changes map[string]*layertest.File) []layertest.File {
	var out []layertest.File
	for _, f := range files {
		change, ok := changes[filepath.Base(f.Name)]
		switch {
		case !ok:
			out = append(out, f)
		case change != nil:
			out = append(out, layertest.File{Name: f.Name, Content: change.Content, Mode: change.Mode})
		}
	}
	return out
}

// Build restores symbolic links that a zip program replaced, and reports them.
func TestRepairedLinks(t *testing.T) {
	original := layertest.Client(0, 23)
	i := slices.IndexFunc(original, func(f layertest.File) bool { return strings.HasSuffix(f.Name, "libclntsh.so.23.1") })
	main := original[i]
	text := layertest.File{Content: []byte("libclntsh.so.23.1"), Mode: 0o644}
	tests := map[string]struct {
		changes map[string]*layertest.File
		want    []string
	}{
		"text": {
			map[string]*layertest.File{"libclntsh.so": &text, "libclntsh.so.12.1": &text},
			[]string{
				"libclntsh.so was a text file: a symbolic link to libclntsh.so.23.1 again",
				"libclntsh.so.12.1 was a text file: a symbolic link to libclntsh.so.23.1 again",
			},
		},
		"copies": {
			map[string]*layertest.File{"libclntsh.so": &main, "libclntsh.so.12.1": &main},
			[]string{
				"libclntsh.so was a second copy: a symbolic link to libclntsh.so.23.1 again",
				"libclntsh.so.12.1 was a second copy: a symbolic link to libclntsh.so.23.1 again",
			},
		},
		"missing": {
			map[string]*layertest.File{"libclntsh.so": nil},
			[]string{"libclntsh.so was missing: a symbolic link to libclntsh.so.23.1 again"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := build(t, layertest.Zip(t, "client.zip", replace(original, test.changes)), withLibaio(t))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, r.Repaired); diff != "" {
				t.Errorf("repaired (-want +got):\n%s", diff)
			}
			if got := contents(t, r.Out)["lib/libclntsh.so"]; got != "-> libclntsh.so.23.1" {
				t.Errorf("got libclntsh.so %s, want a link to libclntsh.so.23.1", got)
			}
		})
	}
}

func TestExtraLibraries(t *testing.T) {
	client := layertest.Zip(t, "client.zip", layertest.Client(0, 19))
	l := libaio(0)
	l.Soname = "libaio.so.1t64" // the name since Debian 13 and Ubuntu 24.04
	given := filepath.Join(machine(t, map[string]layertest.Library{"libaio.so.1t64.0.2": l})[0], "libaio.so.1t64.0.2")
	out := filepath.Join(t.TempDir(), "layer.zip")
	r, err := layer.Build(layer.Options{Client: client, Extra: []string{given}, Search: []string{}, Out: out})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"libaio.so.1 from " + given}; !slices.Equal(r.Added, want) {
		t.Errorf("got added %q, want %q", r.Added, want)
	}
	if names := slices.Collect(maps.Keys(contents(t, out))); !slices.Contains(names, "lib/libaio.so.1") {
		t.Errorf("got %q, want lib/libaio.so.1 among them", names)
	}
}

// Build also adds the libraries that an added library needs.
func TestLibrariesOfLibraries(t *testing.T) {
	l := libaio(0)
	l.Needed = append(l.Needed, "libdeep.so.2")
	search := machine(t, map[string]layertest.Library{"libaio.so.1": l, "libdeep.so.2": {Soname: "libdeep.so.2"}})
	r, err := build(t, layertest.Zip(t, "client.zip", layertest.Client(0, 19)), search)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Added) != 2 || !strings.HasPrefix(r.Added[1], "libdeep.so.2 from ") {
		t.Errorf("got added %q, want libaio.so.1 and libdeep.so.2", r.Added)
	}
}
