package templates

import (
	"bytes"
	"debug/elf"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/stacks"
)

// functionFiles are the files of a build.
var functionFiles = []string{
	"create/bootstrap", "start/bootstrap", "poll/bootstrap", "record/bootstrap", "delete/bootstrap",
}

// The same sources give the same bytes in every folder, also below a go.work with or without this module. So a deploy from
// another machine changes nothing.
func TestBuildIsReproducible(t *testing.T) {
	if testing.Short() {
		t.Skip("-short does not link each function twice")
	}
	elsewhere := filepath.Join(t.TempDir(), "somewhere", "else")
	for _, dir := range []string{"internal", "lambdas"} {
		if err := os.CopyFS(filepath.Join(elsewhere, dir), os.DirFS(filepath.Join(root, dir))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(elsewhere, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	workspace := filepath.Join(filepath.Dir(elsewhere), "go.work")
	version := regexp.MustCompile(`(?m)^go .+$`).Find(read(t, filepath.Join(root, "go.mod")))
	write(t, workspace, string(version)+"\n\ngodebug asynctimerchan=1\n\nuse ./else\n") // A build that uses go.work has this setting in its bytes.
	out := t.TempDir()
	if _, err := stacks.BuildFunctions(t.Context(), root, out, stacks.X8664); err != nil {
		t.Fatal(err)
	}
	again := t.TempDir()
	if _, err := stacks.BuildFunctions(t.Context(), elsewhere, again, stacks.X8664); err != nil {
		t.Fatal(err)
	}
	built := map[string]os.FileInfo{}
	for _, name := range functionFiles {
		static(t, filepath.Join(out, name))
		info, err := os.Stat(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		built[name] = info
		if !bytes.Equal(read(t, filepath.Join(out, name)), read(t, filepath.Join(again, name))) {
			t.Errorf("%s differs between two folders", name)
		}
	}
	write(t, workspace, string(version)+"\n") // Go does not build a module that go.work does not list.
	// A build does not replace unchanged functions, since another synth may be reading them.
	if _, err := stacks.BuildFunctions(t.Context(), elsewhere, out, stacks.X8664); err != nil {
		t.Fatal(err)
	}
	for name, before := range built {
		after, err := os.Stat(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		if !os.SameFile(before, after) {
			t.Errorf("%s was replaced by equal content", name)
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// static checks that a file is a static executable, since provided.al2023 guarantees no library.
func static(t *testing.T, path string) {
	t.Helper()
	file, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if file.Machine != elf.EM_X86_64 {
		t.Errorf("%s is for %v", path, file.Machine)
	}
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP {
			t.Errorf("%s is dynamically linked", path)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode()&0o111 == 0 {
		t.Errorf("%s is not executable", path)
	}
}

// module writes a module whose functions have the body of main.
func module(t *testing.T, dir, body string) {
	t.Helper()
	files := map[string]string{"go.mod": "module broken\n\ngo 1.26\n"}
	for _, name := range contract.Functions {
		files["lambdas/"+name+"/main.go"] = "package main\n\nfunc main() { " + body + " }\n"
	}
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, content)
	}
}

// A build of changed sources replaces a function, and leaves the file as it is that another synth is reading: also if the go command
// cannot move its program, because its folder is on another file system.
func TestBuildLeavesReadersTheirFile(t *testing.T) {
	for name, goTmp := range map[string]string{"same file system": "", "another": "/dev/shm"} {
		t.Run(name, func(t *testing.T) {
			if _, err := os.Stat(goTmp); goTmp != "" && err != nil {
				t.Skip("this machine has no " + goTmp)
			}
			t.Setenv("GOTMPDIR", goTmp)
			sources, out := t.TempDir(), filepath.Join(t.TempDir(), "functions")
			build := func(body string) []byte {
				module(t, sources, body)
				if _, err := stacks.BuildFunctions(t.Context(), sources, out, stacks.X8664); err != nil {
					t.Fatal(err)
				}
				return read(t, filepath.Join(out, "poll", "bootstrap"))
			}
			first := build("println(1)")
			reader, err := os.Open(filepath.Join(out, "poll", "bootstrap"))
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			if second := build("println(2)"); bytes.Equal(first, second) {
				t.Error("the function was not built again")
			}
			if got, err := io.ReadAll(reader); err != nil || !bytes.Equal(got, first) {
				t.Errorf("the file of a reader has changed: %d bytes, %v, want %d", len(got), err, len(first))
			}
		})
	}
}

// The error for a function that does not compile names the line.
func TestBuildErrorNamesTheLine(t *testing.T) {
	broken := t.TempDir()
	module(t, broken, "nowhere()")
	_, err := stacks.BuildFunctions(t.Context(), broken, filepath.Join(broken, "out"), stacks.ARM64)
	if err == nil || !strings.Contains(err.Error(), filepath.FromSlash("lambdas/create/main.go:3:")) {
		t.Errorf("error %v does not name the line", err)
	}
}
