package layer

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"strings"
)

// library holds the values of the header of a shared library.
type library struct {
	architecture Architecture
	soname       string
	needed       []string
	glibc        string // the newest version of glibc's symbols that it uses, such as "2.14"; empty for none
	private      bool   // it uses private symbols, which only its own build of glibc has
}

// errCut is the error of a file that is shorter than its header says.
var errCut = errors.New("it is cut off: unpack or download it again")

// readLibrary reads an ELF shared library. The error says what the file is instead, or that the file is cut off.
func readLibrary(content []byte) (*library, error) {
	if err := notELF(content); err != nil {
		return nil, err
	}
	f, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		// It is an ELF file, so the part that cannot be read is missing at the end.
		return nil, errCut
	}
	if err := checkExtent(f, int64(len(content))); err != nil {
		return nil, err
	}
	l := &library{}
	if l.architecture, err = architectureOf(f); err != nil {
		return nil, err
	}
	if l.needed, err = f.ImportedLibraries(); err != nil {
		return nil, fmt.Errorf("read the libraries that it needs: %w", err)
	}
	names, err := f.DynString(elf.DT_SONAME)
	if err != nil {
		return nil, fmt.Errorf("read its name: %w", err)
	}
	if len(names) > 0 {
		l.soname = names[0]
	}
	l.glibc, l.private, err = glibcOf(f)
	return l, err
}

// notELF returns an error that says what a file is, if it is not an ELF file.
func notELF(content []byte) error {
	switch {
	case bytes.HasPrefix(content, []byte(elf.ELFMAG)):
		return nil
	case len(content) == 0:
		return errors.New("it is empty: unpack or download it again")
	case bytes.HasPrefix(content, []byte("MZ")):
		return errors.New("it is a library for Windows: download the client for Linux")
	case bytes.HasPrefix(content, []byte("\xcf\xfa\xed\xfe")), bytes.HasPrefix(content, []byte("\xca\xfe\xba\xbe")):
		return errors.New("it is a library for macOS: download the client for Linux")
	case len(content) < 256 && isLibrary(strings.TrimSpace(string(content))):
		return fmt.Errorf("it is a text file with the name %s, and must be a symbolic link to it: a zip program without support "+
			"for links unpacked it; use the zip as it was downloaded", strings.TrimSpace(string(content)))
	default:
		return fmt.Errorf("it is not a shared library: it begins with %q", content[:min(len(content), 24)])
	}
}

// checkExtent returns errCut if a file is shorter than its headers say. elf.NewFile does not find this.
func checkExtent(f *elf.File, size int64) error {
	for _, p := range f.Progs {
		if int64(p.Off)+int64(p.Filesz) > size {
			return errCut
		}
	}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NOBITS && int64(s.Offset)+int64(s.FileSize) > size {
			return errCut
		}
	}
	return nil
}

// otherProcessor is the error of a library for a processor that Lambda does not have. Its value is that processor.
type otherProcessor string

func (p otherProcessor) Error() string {
	return "it is for " + string(p) + ", which Lambda does not have"
}

func architectureOf(f *elf.File) (Architecture, error) {
	switch {
	case f.Machine == elf.EM_X86_64 && f.Class == elf.ELFCLASS64:
		return X8664, nil
	case f.Machine == elf.EM_AARCH64 && f.Class == elf.ELFCLASS64:
		return ARM64, nil
	case f.Machine == elf.EM_386:
		return "", otherProcessor("32-bit x86")
	default:
		return "", otherProcessor("the processor " + strings.TrimPrefix(f.Machine.String(), "EM_"))
	}
}

// readLimited reads at most limit bytes. It is an error if there are more.
func readLimited(r io.Reader, limit int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("it is larger than %d bytes", limit)
	}
	return content, nil
}
