// Package client says in words what is wrong with Oracle's client library, where the driver's own error names a number
// and a file, or where the process would end without any.
//
// The driver loads the library by name at the first connection (ODPI-C, dlopen), from the folders of LD_LIBRARY_PATH;
// on Lambda that is /opt/lib, where the layer lies.
package client

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Problem is something wrong with the client library.
type Problem struct {
	Text string // what it is
	Fix  string // what mends it where the client comes from the layer, on Lambda
	Here string // what mends it on a person's machine; empty for what mends most things there
}

func (p *Problem) Error() string { return p.Text }

// makeLayer is the fix of most problems.
const makeLayer = "make the layer again, `go run ./lambda_layer -client ZIP` with the zip as Oracle delivers it, and " +
	"deploy again"

// unpack is the fix of most problems on a person's machine, which has no layer.
const unpack = "run this with -tags goora, which needs no client: `go run -tags goora ./cmd/oralake check`; or unpack Oracle's " +
	"Instant Client, Basic Light, 19 or newer, and name its folder in LD_LIBRARY_PATH"

// Folders are where the loader looks for the library first.
func Folders() []string { return filepath.SplitList(os.Getenv("LD_LIBRARY_PATH")) }

// Check looks at the library in the folders, and at what it needs, before it is loaded, and fails with a *Problem if a
// file is damaged: loading one that is cut off can end the process with a bus error, which no program can report. A
// library that is not there is no problem yet, since the system may know other places.
func Check(folders []string) error {
	seen := map[string]bool{}
	// The names that the driver tries, in its order, of the clients that it can use.
	names := []string{"libclntsh.so", "libclntsh.so.19.1", "libclntsh.so.20.1", "libclntsh.so.21.1"}
	for len(names) > 0 {
		name := names[0]
		names = names[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		path := find(name, folders)
		if path == "" {
			continue
		}
		needed, err := look(path)
		if err != nil {
			return err
		}
		names = append(names, needed...)
	}
	return nil
}

// find is the first file of a name, or the link of that name, in the folders; empty if there is none.
func find(name string, folders []string) string {
	for _, folder := range folders {
		path := filepath.Join(folder, name)
		if _, err := os.Lstat(path); err == nil {
			return path
		}
	}
	return ""
}

// look reads the header of a library and returns the names of those that it needs.
func look(path string) ([]string, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		target, _ := os.Readlink(path) // a link, since it is there and its target is not
		return nil, &Problem{Text: fmt.Sprintf("%s is a symbolic link to %s, which is not there", path, target), Fix: makeLayer}
	}
	if err != nil {
		return nil, &Problem{Text: fmt.Sprintf("%s cannot be read: %v", path, err), Fix: makeLayer}
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, &Problem{Text: fmt.Sprintf("%s cannot be read: %v", path, err), Fix: makeLayer}
	}
	start := make([]byte, min(info.Size(), 256))
	if _, err := file.ReadAt(start, 0); err != nil {
		return nil, &Problem{Text: fmt.Sprintf("%s cannot be read: %v", path, err), Fix: makeLayer}
	}
	if !bytes.HasPrefix(start, []byte(elf.ELFMAG)) {
		return nil, notLibrary(path, start)
	}
	library, err := elf.NewFile(file)
	if err != nil || extent(library) > info.Size() {
		return nil, &Problem{
			Text: fmt.Sprintf("%s is cut off after %d bytes: the Oracle client is not whole", path, info.Size()), Fix: makeLayer,
		}
	}
	if want := machines[runtime.GOARCH]; library.Machine != want {
		return nil, &Problem{
			Text: fmt.Sprintf("%s is for the processor %s, and this one is %s", path, processor(library.Machine), processor(want)),
			Fix:  "make the layer from the client for " + processor(want) + ", and deploy again",
		}
	}
	needed, err := library.ImportedLibraries()
	if err != nil {
		return nil, &Problem{Text: fmt.Sprintf("%s does not say what it needs: %v", path, err), Fix: makeLayer}
	}
	return needed, nil
}

// machines are ELF's names of Go's architectures, of those that Lambda has.
var machines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

func processor(m elf.Machine) string { return strings.ToLower(strings.TrimPrefix(m.String(), "EM_")) }

func notLibrary(path string, start []byte) error {
	if name := strings.TrimSpace(string(start)); strings.Contains(name, ".so") && !strings.ContainsAny(name, "\x00\n ") {
		return &Problem{
			Text: fmt.Sprintf("%s is a text file with the name %s in it, where a symbolic link to it should be: a zip program "+
				"that knows no links made it so", path, name), Fix: makeLayer,
		}
	}
	return &Problem{Text: path + " is no library", Fix: makeLayer}
}

// extent is how long a file must be at least.
func extent(f *elf.File) int64 {
	var end uint64
	for _, p := range f.Progs {
		end = max(end, p.Off+p.Filesz)
	}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NOBITS {
			end = max(end, s.Offset+s.FileSize)
		}
	}
	return int64(end)
}
