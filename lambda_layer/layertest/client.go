package layertest

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// File is an entry of a zip.
type File struct {
	Name    string
	Content []byte
	Mode    fs.FileMode // with fs.ModeSymlink, Content is the target
}

// Link returns a symbolic link.
func Link(name, target string) File { return File{name, []byte(target), fs.ModeSymlink | 0o777} }

// Client returns the files of a Basic Light zip of a major version, with Oracle's layout: libraries, links, licence, read-me
// file, and files that no function needs. Like Oracle's client it needs libaio.
func Client(machine elf.Machine, major int) []File {
	lib := func(soname string, needed ...string) File {
		l := Library{
			Machine: machine, Soname: soname, Needed: append(needed, "libdl.so.2", "libc.so.6"),
			Glibc: []string{"GLIBC_2.17", "GLIBC_2.4"},
		}
		return File{soname, l.Bytes(), 0o755}
	}
	main, core := fmt.Sprintf("libclntsh.so.%d.1", major), fmt.Sprintf("libclntshcore.so.%d.1", major)
	crypto, cpp := fmt.Sprintf("libnnz%d.so", major), fmt.Sprintf("libocci.so.%d.1", major)
	files := []File{
		lib(main, core, crypto, "libaio.so.1"), lib(core, "libaio.so.1"), lib(crypto), lib("libociicus.so", main),
		lib(cpp, main, "libstdc++.so.6"),
		Link("libclntsh.so", main), Link("libclntsh.so.12.1", main), Link("libocci.so", cpp),
		{"BASIC_LITE_LICENSE", []byte("The terms of the client.\n"), 0o644},
		{"BASIC_LITE_README", fmt.Appendf(nil, "Basic Light Package Information\n"+
			"===============================\nClient Shared Library 64-bit - %d.19.0.0.0\n", major), 0o644},
		{"genezi", []byte("a program"), 0o755},
		{"network/admin/README", []byte("where tnsnames.ora goes"), 0o644},
	}
	for i := range files {
		files[i].Name = fmt.Sprintf("instantclient_%d_19/%s", major, files[i].Name)
	}
	return files
}

// Zip writes a zip into a temporary folder and returns its path.
func Zip(t testing.TB, name string, files []File) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, ZipBytes(t, files), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// ZipBytes returns a zip of files.
func ZipBytes(t testing.TB, files []File) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.Name, Method: zip.Deflate}
		h.SetMode(f.Mode)
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.Content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
