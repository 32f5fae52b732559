package layer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oralake/oralake/lambda_layer/layer"
	"github.com/oralake/oralake/lambda_layer/layertest"
)

// changed returns client 19 with a change of every entry.
func changed(change func(*layertest.File)) []layertest.File {
	files := layertest.Client(0, 19)
	for i := range files {
		change(&files[i])
	}
	return files
}

// Build gives the same layer for every layout of the files in the zip.
func TestLayouts(t *testing.T) {
	search := withLibaio(t)
	plain, err := build(t, layertest.Zip(t, "client.zip", layertest.Client(0, 19)), search)
	if err != nil {
		t.Fatal(err)
	}
	extra := func(name string) layertest.File { return layertest.File{Name: name, Content: []byte("x"), Mode: 0o644} }
	for name, files := range map[string][]layertest.File{
		"signed":      append(layertest.Client(0, 19), extra("META-INF/MANIFEST.MF"), extra("META-INF/ORACLE_C.RSA")),
		"macOS's zip": append(layertest.Client(0, 19), extra("__MACOSX/instantclient_19_19/._libclntsh.so.19.1")),
		"deeper":      changed(func(f *layertest.File) { f.Name = "downloads/oracle/" + f.Name }),
		"no folder":   changed(func(f *layertest.File) { f.Name = strings.TrimPrefix(f.Name, "instantclient_19_19/") }),
		"dotted":      changed(func(f *layertest.File) { f.Name = "./" + f.Name }),
		"outside":     changed(func(f *layertest.File) { f.Name = "../../" + f.Name }),
		"absolute":    changed(func(f *layertest.File) { f.Name = "/" + f.Name }),
		"backslashes": changed(func(f *layertest.File) { f.Name = strings.ReplaceAll(f.Name, "/", `\`) }),
		"dotted links": changed(func(f *layertest.File) {
			if f.Mode&os.ModeSymlink != 0 {
				f.Content = append([]byte("./"), f.Content...)
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := build(t, layertest.Zip(t, "client.zip", files), search)
			if err != nil {
				t.Fatal(err)
			}
			if r.SHA256 != plain.SHA256 {
				t.Errorf("got another layer: %v", contents(t, r.Out))
			}
		})
	}
}

// A zip that was packed again on Windows has copies instead of links. Build accepts it although the copies together are above
// Lambda's limit, because the client without copies is small enough.
func TestLargeCopies(t *testing.T) {
	big := layertest.Library{Soname: "libclntsh.so.19.1", Needed: []string{"libaio.so.1"}}.Bytes()
	big = append(big, make([]byte, layer.MaxUnpacked/3)...)
	library := &layertest.File{Content: big, Mode: 0o755}
	r, err := build(t, layertest.Zip(t, "client.zip", replace(layertest.Client(0, 19), map[string]*layertest.File{
		"libclntsh.so.19.1": library, "libclntsh.so": library, "libclntsh.so.12.1": library,
	})), withLibaio(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := contents(t, r.Out)["lib/libclntsh.so"]; got != "-> libclntsh.so.19.1" {
		t.Errorf("got libclntsh.so %s, want a link", got)
	}
}

// Build never overwrites its input.
func TestWhereToWrite(t *testing.T) {
	client, search := layertest.Zip(t, "client.zip", layertest.Client(0, 19)), withLibaio(t)
	before, err := os.ReadFile(client)
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.zip")
	if err := os.Symlink(client, link); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ out, want string }{
		"the client itself":    {client, "is the client itself"},
		"a link to the client": {link, "is the client itself"},
		"a folder":             {t.TempDir(), "is a folder: name a file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := layer.Build(layer.Options{Client: client, Search: search, Out: test.out})
			mustContain(t, err, test.want)
		})
	}
	after, err := os.ReadFile(client)
	if err != nil || string(before) != string(after) {
		t.Errorf("the client was changed, %v", err)
	}
}
