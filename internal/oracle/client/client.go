// Package client explains problems with Oracle's client library. The driver's own error contains only a code and a file
// name. If the library is damaged, the process can even end without an error.
//
// The driver loads the library by its name at the first connection (ODPI-C, dlopen), from the folders of LD_LIBRARY_PATH.
// On Lambda that is /opt/lib, the folder of the layer.
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

// Problem is a problem with the client library, with its fixes.
type Problem struct {
	Text string // what is wrong
	Fix  string // the fix on Lambda, where the client comes from the layer
	Here string // the fix on a person's machine; empty for the usual one, which is useGoOra
}

func (p *Problem) Error() string { return p.Text }

// makeLayer is the fix of most problems.
const makeLayer = "make the layer again, `go run ./lambda_layer -client ZIP` with the zip as Oracle delivers it, and " +
	"deploy again"

// useGoOra is the fix of most problems on a person's machine, which has no layer.
const useGoOra = "run this with -tags goora, which needs no client: `go run -tags goora ./cmd/oralake check`; or unpack Oracle's " +
	"Instant Client, Basic Light, 19 or newer, and add its folder to LD_LIBRARY_PATH"

// Folders returns the folders in which the loader looks for the library first (LD_LIBRARY_PATH).
func Folders() []string { return filepath.SplitList(os.Getenv("LD_LIBRARY_PATH")) }

// Check reads the client library in the folders, and the libraries that it needs, before the driver loads them. The error is
// a *Problem if a file is damaged. Without this check, loading an incomplete file can end the process with a bus error,
// which no program can report. A missing library is not an error: the system may find it in another folder.
func Check(folders []string) error {
	seen := map[string]bool{}
	// The names that the driver tries, in its order.
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
		needed, err := neededLibraries(path)
		if err != nil {
			return err
		}
		names = append(names, needed...)
	}
	return nil
}

// find returns the path of the first file or link of a name in the folders, or "".
func find(name string, folders []string) string {
	for _, folder := range folders {
		path := filepath.Join(folder, name)
		if _, err := os.Lstat(path); err == nil {
			return path
		}
	}
	return ""
}

// neededLibraries reads the header of a library and returns the names of the libraries that it needs.
func neededLibraries(path string) ([]string, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		target, _ := os.Readlink(path) // find has found the path, so it is a link without a target
		return nil, &Problem{Text: fmt.Sprintf("%s is a symbolic link to %s, which does not exist", path, target), Fix: makeLayer}
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
	if err != nil || leastSize(library) > info.Size() {
		return nil, &Problem{
			Text: fmt.Sprintf("%s ends after %d bytes: the Oracle client is incomplete", path, info.Size()), Fix: makeLayer,
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
		return nil, &Problem{Text: fmt.Sprintf("%s has no readable list of the libraries that it needs: %v", path, err), Fix: makeLayer}
	}
	return needed, nil
}

// machines are the ELF machines of Go's names for the architectures of Lambda.
var machines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

func processor(m elf.Machine) string { return strings.ToLower(strings.TrimPrefix(m.String(), "EM_")) }

// notLibrary returns the problem with a file that is not an ELF file. start is the beginning of its content.
func notLibrary(path string, start []byte) error {
	if name := strings.TrimSpace(string(start)); strings.Contains(name, ".so") && !strings.ContainsAny(name, "\x00\n ") {
		return &Problem{
			Text: fmt.Sprintf("%s is a text file with the name %s, and must be a symbolic link to it: a zip program without "+
				"support for links unpacked it", path, name), Fix: makeLayer,
		}
	}
	return &Problem{Text: path + " is not a library", Fix: makeLayer}
}

// leastSize returns the smallest possible size of a complete file, in bytes, from its headers.
func leastSize(f *elf.File) int64 {
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
