package layer_test

import (
	"debug/elf"
	"os"
	"path/filepath"
	"testing"

	"github.com/oralake/oralake/lambda_layer/layer"
	"github.com/oralake/oralake/lambda_layer/layertest"
)

func program(t *testing.T, l layertest.Library) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(path, l.Bytes(), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckProgram(t *testing.T) {
	const loader = "/lib64/ld-linux-x86-64.so.2"
	libc := []string{"libc.so.6"}
	tests := map[string]struct {
		program layertest.Library
		newest  string
		want    string // part of the error
	}{
		"as new as Lambda's": {
			layertest.Library{Loader: loader, Needed: libc, Glibc: []string{"GLIBC_2.4", "GLIBC_2.34", "GLIBC_2.2.5"}}, "2.34", "",
		},
		"too new": {
			layertest.Library{Loader: loader, Needed: libc, Glibc: []string{"GLIBC_2.4", "GLIBC_2.38"}},
			"2.38",
			"it uses symbols of GLIBC_2.38, and Lambda's provided.al2023 has 2.34: build it on Amazon Linux 2023",
		},
		"packed relocations": {
			layertest.Library{Loader: loader, Needed: libc, Glibc: []string{"GLIBC_2.34", "GLIBC_ABI_DT_RELR"}},
			"ABI_DT_RELR",
			"it uses symbols of GLIBC_ABI_DT_RELR",
		},
		"not by letters":    {layertest.Library{Glibc: []string{"GLIBC_2.9", "GLIBC_2.17"}}, "2.17", ""},
		"static":            {layertest.Library{}, "", ""},
		"another library's": {layertest.Library{Glibc: []string{"GLIBCXX_9.9", "GLIBC_PRIVATE"}}, "", ""},
		"Alpine": {
			layertest.Library{Loader: "/lib/ld-musl-x86_64.so.1", Needed: []string{"libc.musl-x86_64.so.1"}},
			"",
			"it starts with /lib/ld-musl-x86_64.so.1, and Lambda's provided.al2023 has " + loader,
		},
		"Nix": {
			layertest.Library{Loader: "/nix/store/abc/lib/ld-linux-x86-64.so.2", Needed: libc}, "", "it starts with /nix/store/",
		},
		"a library too many": {
			layertest.Library{Loader: loader, Needed: append(libc, "libfoo.so.1")}, "", "it needs libfoo.so.1",
		},
		"another architecture": {
			layertest.Library{Machine: elf.EM_AARCH64}, "", "is for arm64, and the function for x86_64",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			newest, err := layer.CheckProgram(program(t, test.program), layer.X8664)
			if newest != test.newest {
				t.Errorf("got glibc %q, want %q", newest, test.newest)
			}
			if test.want != "" {
				mustContain(t, err, test.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	arm := layertest.Library{Machine: elf.EM_AARCH64, Loader: "/lib/ld-linux-aarch64.so.1", Needed: libc}
	if _, err := layer.CheckProgram(program(t, arm), layer.ARM64); err != nil {
		t.Errorf("for arm64: %v", err)
	}
	_, err := layer.CheckProgram(filepath.Join(t.TempDir(), "none"), layer.X8664)
	mustContain(t, err, "is not a program for Linux")
}
