package lambda

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// maxUnpacked is the largest unpacked size of a function with its layers, in bytes.
const maxUnpacked = 262144000

// store is a folder of unpacked code. Each subfolder has the hash of its zip files as its name, so that equal code is
// unpacked once.
type store struct {
	dir       string
	temporary bool
	mu        sync.Mutex
}

func newStore(dir string) (*store, error) {
	folder, temporary, err := newFolder(dir)
	if err != nil {
		return nil, err
	}
	return &store{dir: folder, temporary: temporary}, nil
}

func (s *store) close() error {
	if !s.temporary {
		return nil
	}
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("remove Lambda code: %w", err)
	}
	return nil
}

// scratch creates the temporary folder of one environment.
func (s *store) scratch(id string) (string, error) {
	dir := filepath.Join(s.dir, "tmp", id)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("scratch folder of an environment: %w", err)
	}
	return dir, nil
}

// unpack unpacks the zip files into one folder and returns the folder. Files of a later zip replace files of an earlier
// one.
func (s *store) unpack(kind string, zips ...[]byte) (string, error) {
	hash := sha256.New()
	for _, z := range zips {
		part := sha256.Sum256(z)
		hash.Write(part[:])
	}
	folder := filepath.Join(s.dir, kind, hex.EncodeToString(hash.Sum(nil)))
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return "", fmt.Errorf("unpack code: %w", err)
	}
	building, err := os.MkdirTemp(filepath.Dir(folder), "unpacking-")
	if err != nil {
		return "", fmt.Errorf("unpack code: %w", err)
	}
	for _, z := range zips {
		if err := unzip(z, building); err != nil {
			return "", errors.Join(err, os.RemoveAll(building))
		}
	}
	if err := os.Chmod(building, 0o755); err != nil {
		return "", errors.Join(err, os.RemoveAll(building))
	}
	if err := os.Rename(building, folder); err != nil {
		return "", errors.Join(err, os.RemoveAll(building))
	}
	return folder, nil
}

// unpackedSize returns the unpacked size of a zip file in bytes.
func unpackedSize(archive []byte) (uint64, error) {
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return 0, fmt.Errorf("could not unzip uploaded file: %w", err)
	}
	var size uint64
	for _, f := range z.File {
		size += f.UncompressedSize64
	}
	return size, nil
}

// unzip unpacks an archive into dir. It never writes outside of dir.
func unzip(archive []byte, dir string) error {
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return fmt.Errorf("could not unzip uploaded file: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("unpack code: %w", err)
	}
	defer root.Close()
	for _, f := range z.File {
		if err := unzipFile(root, f); err != nil {
			return fmt.Errorf("could not unzip %q: %w", f.Name, err)
		}
	}
	return nil
}

func unzipFile(root *os.Root, f *zip.File) error {
	name := filepath.FromSlash(strings.TrimSuffix(f.Name, "/"))
	if !filepath.IsLocal(name) {
		return errors.New("the name is outside of the archive")
	}
	if f.FileInfo().IsDir() {
		return root.MkdirAll(name, 0o755)
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	// A file of a later layer replaces a file of an earlier one.
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	content, err := f.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	switch {
	case f.Mode()&fs.ModeSymlink != 0:
		target, err := io.ReadAll(io.LimitReader(content, 4096))
		if err != nil {
			return err
		}
		return link(root, string(target), name)
	case !f.Mode().IsRegular():
		return fmt.Errorf("is not a file, a folder or a link (mode %s)", f.Mode())
	}
	return write(root, name, content, f.Mode().Perm()|0o400)
}

// link creates a symbolic link to a path inside the archive. Libraries have such links.
func link(root *os.Root, target, name string) error {
	if filepath.IsAbs(target) || !filepath.IsLocal(filepath.Join(filepath.Dir(name), target)) {
		return fmt.Errorf("the link leads outside of the archive, to %q", target)
	}
	return root.Symlink(target, name)
}

// write writes a file. It holds the fork lock while the file is open: a child process that is forked then inherits the
// open file, and the kernel does not run a program that a process has open for writing.
func write(root *os.Root, name string, content io.Reader, mode fs.FileMode) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, content); err != nil {
		return errors.Join(err, file.Close())
	}
	return file.Close()
}
