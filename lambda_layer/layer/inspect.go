package layer

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Info describes a finished layer.
type Info struct {
	Architecture Architecture
	Version      string // the client's version, such as "19.19.0.0.0", or "19.1" if only its library has a version
	Unpacked     int64  // the unpacked size, in bytes
	Files        []File // by name
}

// File is a file of the layer.
type File struct {
	Name   string
	Size   int64    // bytes; 0 for a link
	Link   string   // the target of a symbolic link
	Needed []string // the libraries that it needs
}

// Inspect reads the layer at path and checks it like Build. So a layer from another program, or a damaged one, is refused
// before it is deployed. The caller compares the architecture.
func Inspect(path string) (Info, error) {
	f, err := readLayer(path)
	if err != nil {
		return Info{}, fmt.Errorf("read the layer %s: %w: make it again with `go run ./lambda_layer`", path, err)
	}
	err = f.check()
	if err == nil {
		err = f.checkComplete()
	}
	if err != nil {
		return Info{}, fmt.Errorf("check the layer %s: %w: make it again with `go run ./lambda_layer`", path, err)
	}
	return f.info()
}

// checkComplete returns an error if a library is missing.
func (f files) checkComplete() error {
	missing := f.missing(f.follow("libclntsh.so").library.architecture)
	var reasons []error
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		reasons = append(reasons, fmt.Errorf("%s needs %s, which is not in it", missing[name], name))
	}
	return errors.Join(reasons...)
}

// info describes the layer, and fails if it is too large.
func (f files) info() (Info, error) {
	i := Info{Architecture: f.follow("libclntsh.so").library.architecture, Version: f.version()}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		e := f[name]
		file := File{Name: name, Size: int64(len(e.content)), Link: e.link}
		if e.library != nil {
			file.Needed = e.library.needed
		}
		i.Unpacked += file.Size
		i.Files = append(i.Files, file)
	}
	if i.Unpacked > MaxUnpacked-FunctionRoom {
		return Info{}, fmt.Errorf("unpacked, it has %d bytes; Lambda allows %d with the function, for which %d are kept "+
			"free: use the Basic Light Package", i.Unpacked, MaxUnpacked, FunctionRoom)
	}
	return i, nil
}
