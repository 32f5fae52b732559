package layer_test

import (
	"archive/zip"
	"debug/elf"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oralake/oralake/lambda_layer/layer"
	"github.com/oralake/oralake/lambda_layer/layertest"
)

// Build refuses each kind of unusable client with its own error, and writes nothing.
func TestRefusedClients(t *testing.T) {
	client := layertest.Client(0, 19)
	whole := layertest.ZipBytes(t, client)
	with := func(changes map[string]*layertest.File) []byte {
		return layertest.ZipBytes(t, replace(client, changes))
	}
	library := func(l layertest.Library) *layertest.File { return &layertest.File{Content: l.Bytes(), Mode: 0o755} }
	core := layertest.Library{Soname: "libclntshcore.so.19.1"}
	damaged := append([]byte(nil), whole...)
	damaged[120] ^= 0xff // in the first file's data
	tests := map[string]struct {
		content []byte
		want    string
	}{
		"empty":      {nil, "is empty: download it again"},
		"a web page": {[]byte("<!DOCTYPE html><html>Sign in"), "is a web page and not a zip: accept Oracle's terms"},
		"an RPM":     {[]byte("\xed\xab\xee\xdb\x03"), "is an RPM package and not a zip"},
		"something":  {[]byte("hello"), "is not a zip"},
		"cut off":    {whole[:len(whole)/2], "is a zip that is cut off after"},
		"damaged":    {damaged, "the zip is damaged"},
		"no client": {
			layertest.ZipBytes(t, []layertest.File{{Name: "sdk/README", Content: []byte("x"), Mode: 0o644}}),
			"holds no libclntsh.so",
		},
		"Windows": {
			layertest.ZipBytes(t, []layertest.File{{Name: "ic/oci.dll", Content: []byte("MZ"), Mode: 0o644}}),
			"the client for Windows",
		},
		"macOS": {
			layertest.ZipBytes(t, []layertest.File{{Name: "ic/libclntsh.dylib.19.1", Mode: 0o644}}),
			"the client for macOS",
		},
		"32 bits": {
			layertest.ZipBytes(t, layertest.Client(elf.EM_386, 19)),
			"32-bit x86, which Lambda does not have",
		},
		"another": {layertest.ZipBytes(t, layertest.Client(elf.EM_PPC64, 19)), "for the processor PPC64"},
		"two": {
			with(map[string]*layertest.File{"libclntshcore.so.19.1": library(layertest.Library{Machine: elf.EM_AARCH64})}),
			"libclntsh.so.19.1 is for x86_64 and libclntshcore.so.19.1 for arm64",
		},
		"two clients": {
			layertest.ZipBytes(t, append(layertest.Client(0, 23), client...)),
			"more than one client, in instantclient_19_19, instantclient_23_19",
		},
		"too old": {
			layertest.ZipBytes(t, layertest.Client(0, 18)),
			"it is client 18.19.0.0.0, and the driver needs 19 or newer",
		},
		"library cut": {
			with(map[string]*layertest.File{"libclntshcore.so.19.1": {Content: core.Bytes()[:300], Mode: 0o755}}),
			"libclntshcore.so.19.1: it is cut off",
		},
		"library empty": {
			with(map[string]*layertest.File{"libclntshcore.so.19.1": {Mode: 0o755}}),
			"libclntshcore.so.19.1: it is empty",
		},
		"text": {
			with(map[string]*layertest.File{"libclntsh.so": {Content: []byte("libclntsh.so.21.1"), Mode: 0o644}}),
			"libclntsh.so: it is a text file with the name libclntsh.so.21.1, and must be a symbolic link",
		},
		"link to none": {
			with(map[string]*layertest.File{"libclntshcore.so.19.1": {Content: []byte("gone.so"), Mode: os.ModeSymlink}}),
			"libclntshcore.so.19.1 is a symbolic link to gone.so, which is not in the zip",
		},
		"circle": {
			with(map[string]*layertest.File{"libclntsh.so.19.1": {Content: []byte("libclntsh.so"), Mode: os.ModeSymlink}}),
			"which is not in the zip",
		},
		"another name": {
			with(map[string]*layertest.File{"libclntsh.so.19.1": library(layertest.Library{Soname: "libfoo.so.1"})}),
			`has the library name "libfoo.so.1"`,
		},
		"no data": {
			with(map[string]*layertest.File{"libociicus.so": nil}),
			"neither libociicus.so (Basic Light) nor libociei.so (Basic)",
		},
		"no licence": {with(map[string]*layertest.File{"BASIC_LITE_LICENSE": nil}), "holds no licence"},
		"a new glibc": {
			with(map[string]*layertest.File{"libnnz19.so": library(layertest.Library{Glibc: []string{"GLIBC_2.9", "GLIBC_2.38"}})}),
			"libnnz19.so needs GLIBC_2.38, and Lambda's provided.al2023 has 2.34",
		},
		"a part missing": {
			with(map[string]*layertest.File{"libnnz19.so": nil}),
			"libclntsh.so.19.1 needs libnnz19.so: it is neither in the client",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			path, out := filepath.Join(folder, "client.zip"), filepath.Join(folder, "layer.zip")
			if err := os.WriteFile(path, test.content, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := layer.Build(layer.Options{Client: path, Search: withLibaio(t), Out: out})
			mustContain(t, err, test.want)
			if _, err := os.Stat(out); err == nil {
				t.Error("a layer was written")
			}
		})
	}
}

func TestNoZip(t *testing.T) {
	folder := t.TempDir()
	for name, test := range map[string]struct{ path, want string }{
		"nothing named": {"", "there is no zip: download the Basic Light Package"},
		"no file":       {filepath.Join(folder, "instantclient-*.zip"), "there is no file"},
		"a folder":      {folder, "is a folder: name the zip as it was downloaded"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := build(t, test.path, nil)
			mustContain(t, err, test.want)
		})
	}
}

// The error for a missing library names the package that has it. The error for an unsuitable library says why it is
// unsuitable.
func TestRefusedLibraries(t *testing.T) {
	tests := map[string]struct {
		found map[string]layertest.Library
		want  string
	}{
		"none": {
			nil,
			"libclntsh.so.19.1 needs libaio.so.1: it is neither in the client, nor on Lambda, nor on this machine: install the package libaio of Amazon Linux",
		},
		"another architecture": {
			map[string]layertest.Library{"libaio.so.1": libaio(elf.EM_AARCH64)},
			"it is for arm64 and the client for x86_64): give the file with -extra",
		},
		"a new glibc": {
			map[string]layertest.Library{"libaio.so.1": {Glibc: []string{"GLIBC_2.38"}}},
			"it needs GLIBC_2.38, and Lambda's provided.al2023 has 2.34",
		},
		"a private glibc": {
			map[string]layertest.Library{"libaio.so.1": {Glibc: []string{"GLIBC_2.4", "GLIBC_PRIVATE"}}},
			"it works only with this machine's glibc",
		},
		"needs more": {
			map[string]layertest.Library{"libaio.so.1": {Needed: []string{"libnsl.so.1"}}},
			"libaio.so.1 needs libnsl.so.1: it is neither in the client, nor on Lambda, nor on this machine: install the package libnsl of Amazon Linux 2023",
		},
	}
	client := layertest.Zip(t, "client.zip", layertest.Client(0, 19))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := build(t, client, machine(t, test.found))
			mustContain(t, err, test.want)
		})
	}
	for name, test := range map[string]struct {
		library layertest.Library
		want    string
	}{
		"extra for another architecture": {libaio(elf.EM_AARCH64), "it is for arm64 and the client for x86_64"},
		"extra with a new glibc":         {layertest.Library{Glibc: []string{"GLIBC_2.36"}}, "it needs GLIBC_2.36"},
	} {
		t.Run(name, func(t *testing.T) {
			extra := filepath.Join(machine(t, map[string]layertest.Library{"libaio.so.1": test.library})[0], "libaio.so.1")
			_, err := layer.Build(layer.Options{Client: client, Extra: []string{extra}, Out: filepath.Join(t.TempDir(), "l.zip")})
			mustContain(t, err, test.want)
		})
	}
}

// The size limit applies to the function and all its layers together.
func TestTooLarge(t *testing.T) {
	big := layertest.Library{Soname: "libociicus.so"}.Bytes()
	big = append(big, make([]byte, layer.MaxUnpacked-layer.FunctionRoom-len(big))...)
	path := layertest.Zip(t, "client.zip", replace(layertest.Client(0, 19), map[string]*layertest.File{
		"libociicus.so": {Content: big, Mode: 0o755},
	}))
	_, err := build(t, path, withLibaio(t))
	mustContain(t, err, "for which 33554432 are kept free: use the Basic Light Package")
}

// Build does not unpack a zip whose unpacked size is above the limit.
func TestMuchTooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "client.zip")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(file)
	_, err = z.CreateRaw(&zip.FileHeader{Name: "ic/libclntsh.so.19.1", UncompressedSize64: layer.MaxUnpacked + 1})
	if err := errors.Join(err, z.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = build(t, path, withLibaio(t))
	mustContain(t, err, "larger than the 262144000 bytes that Lambda allows: use the Basic Light Package")
}

// Inspect refuses the same defects as Build.
func TestInspectRefuses(t *testing.T) {
	var files []layertest.File
	for _, f := range layertest.Client(0, 19) {
		if !strings.Contains(f.Name, "/network/") {
			files = append(files, layertest.File{Name: "lib/" + filepath.Base(f.Name), Content: f.Content, Mode: f.Mode})
		}
	}
	text := &layertest.File{Content: []byte("libclntsh.so.19.1"), Mode: 0o644}
	for name, test := range map[string]struct {
		files []layertest.File
		want  string
	}{
		"not in lib": {layertest.Client(0, 19), "is not in the folder lib/"},
		"links as text": {
			replace(files, map[string]*layertest.File{"libclntsh.so": text}),
			"libclntsh.so: it is a text file with the name libclntsh.so.19.1",
		},
		"without libaio": {files, "libclntsh.so.19.1 needs libaio.so.1, which is not in it"},
		"no client":      {nil, "it holds no libclntsh.so"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := layer.Inspect(layertest.Zip(t, "layer.zip", test.files))
			mustContain(t, err, test.want)
			mustContain(t, err, "make it again with `go run ./lambda_layer`")
		})
	}
	_, err := layer.Inspect(filepath.Join(t.TempDir(), "none.zip"))
	mustContain(t, err, "no such file")
}

func mustContain(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want %q", want)
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("got %q, want it to contain %q", err, want)
	}
}
