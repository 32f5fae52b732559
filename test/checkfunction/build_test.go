// Package checkfunction_test runs the check function as Lambda does: the built bootstrap, with a layer of a stand-in
// for the Oracle client.
package checkfunction_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/oralake/oralake/lambda_layer/layer"
	"github.com/oralake/oralake/lambda_layer/layertest"
)

// needCompiler skips a test with -short, or without a C compiler, which the function with godror needs.
func needCompiler(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short does not build C")
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is not installed: the function with godror and the stand-in client need it; install gcc")
	}
}

// built has the programs by folder and build tags. Each is built once, with the flags of the stack's build.
var built sync.Map

func bootstrap(t *testing.T, cgo bool, tags string) string {
	t.Helper()
	return program(t, "lambdas/check", cgo, tags)
}

// program builds the program in a folder of the repository and returns its path.
func program(t *testing.T, folder string, cgo bool, tags string) string {
	t.Helper()
	build := sync.OnceValues(func() (string, error) {
		out, err := os.MkdirTemp("", "check-")
		if err != nil {
			return "", err
		}
		path := filepath.Join(out, "bootstrap")
		cmd := exec.CommandContext(context.Background(), "go", "build", "-trimpath", "-buildvcs=false",
			"-ldflags=-s -w -buildid=", "-tags="+tags, "-o", path, ".")
		cmd.Dir = filepath.Join("..", "..", folder)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=")
		if cgo {
			cmd.Env = append(cmd.Env, "CGO_ENABLED=1")
		}
		if output, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go build: %w\n%s", err, output)
		}
		return path, nil
	})
	once, _ := built.LoadOrStore(folder+" "+tags, build)
	path, err := once.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMain(m *testing.M) {
	status := m.Run()
	built.Range(func(_, build any) bool {
		if path, err := build.(func() (string, error))(); err == nil {
			_ = os.RemoveAll(filepath.Dir(path)) // a temporary folder: the system deletes it if this fails
		}
		return true
	})
	os.Exit(status)
}

func godror(t *testing.T) string {
	t.Helper()
	needCompiler(t)
	return bootstrap(t, true, "lambda.norpc")
}

func goOra(t *testing.T) string {
	t.Helper()
	return bootstrap(t, false, "lambda.norpc,goora")
}

// codeZip returns a function's deployment package.
func codeZip(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return layertest.ZipBytes(t, []layertest.File{{Name: "bootstrap", Content: content, Mode: 0o755}})
}

// standIn is a stand-in client of a major version: the files of Oracle's zip, and the libaio that it needs.
type standIn struct {
	major  int
	files  map[string][]byte // libraries by name
	libaio string
}

func buildStandIn(t *testing.T, major int, flags ...string) standIn {
	t.Helper()
	needCompiler(t)
	folder := t.TempDir()
	compile := func(name, source string, more ...string) []byte {
		path := filepath.Join(folder, name)
		arguments := append([]string{
			"-shared", "-fPIC", "-O1", "-Wl,--no-as-needed", "-Wl,-soname," + name, "-o", path, source,
		}, more...)
		if output, err := exec.CommandContext(t.Context(), "gcc", arguments...).CombinedOutput(); err != nil {
			t.Fatalf("gcc %s: %v\n%s", name, err, output)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	s := standIn{major: major, files: map[string][]byte{}, libaio: filepath.Join(folder, "libaio.so.1")}
	core, main := fmt.Sprintf("libclntshcore.so.%d.1", major), fmt.Sprintf("libclntsh.so.%d.1", major)
	compile("libaio.so.1", "testdata/other.c")
	s.files[core] = compile(core, "testdata/other.c")
	s.files["libociicus.so"] = compile("libociicus.so", "testdata/other.c")
	flags = append(flags, fmt.Sprintf("-DCLIENT=%d", major), "-L"+folder, "-l:"+core, "-l:libaio.so.1")
	s.files[main] = compile(main, "testdata/client.c", flags...)
	return s
}

// zip writes the client as Oracle's zip and returns its path.
func (s standIn) zip(t *testing.T) string {
	t.Helper()
	folder := fmt.Sprintf("instantclient_%d_3/", s.major)
	files := []layertest.File{
		layertest.Link(folder+"libclntsh.so", fmt.Sprintf("libclntsh.so.%d.1", s.major)),
		{Name: folder + "BASIC_LITE_LICENSE", Content: []byte("none\n"), Mode: 0o644},
	}
	for name, content := range s.files {
		files = append(files, layertest.File{Name: folder + name, Content: content, Mode: 0o755})
	}
	return layertest.Zip(t, "client.zip", files)
}

// layer returns the layer that the builder makes of the client.
func (s standIn) layer(t *testing.T) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "oracle-client.zip")
	o := layer.Options{Client: s.zip(t), Extra: []string{s.libaio}, Search: []string{}, Out: out}
	if _, err := layer.Build(o); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// broken returns a layer with changed files of the client, which the builder did not check. Nil removes a file.
func (s standIn) broken(t *testing.T, changes map[string]*layertest.File) []byte {
	t.Helper()
	aio, err := os.ReadFile(s.libaio)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]layertest.File{
		"libclntsh.so": layertest.Link("", fmt.Sprintf("libclntsh.so.%d.1", s.major)),
		"libaio.so.1":  {Content: aio, Mode: 0o755},
	}
	for name, content := range s.files {
		all[name] = layertest.File{Content: content, Mode: 0o755}
	}
	var files []layertest.File
	for name, f := range all {
		if change, ok := changes[name]; ok && change == nil {
			continue
		} else if ok {
			f = *change
		}
		f.Name = "lib/" + name
		files = append(files, f)
	}
	return layertest.ZipBytes(t, files)
}

// hasLibrary reports whether the loader of this machine finds a library without a layer.
func hasLibrary(t *testing.T, name string) bool {
	t.Helper()
	for _, folder := range layer.SystemFolders() {
		if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
			return true
		}
	}
	return false
}
