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
	Version      string // of the client, such as "19.19.0.0.0", or "19.1" where only its library says it
	Unpacked     int64  // bytes
	Files        []File // by name
}

// File is a file of the layer.
type File struct {
	Name   string
	Size   int64    // bytes; 0 for a link
	Link   string   // the name that a symbolic link leads to
	Needed []string // the libraries that it needs
}

// Inspect reads the layer at path and checks it as Build does, so that a layer that was made in another way, or for
// another architecture, is noticed before it is deployed.
func Inspect(path string) (Info, error) {
	f, err := readLayer(path)
	if err != nil {
		return Info{}, fmt.Errorf("read the layer %s: %w: make it again with `go run ./lambda_layer`", path, err)
	}
	err = f.check()
	if err == nil {
		err = f.whole()
	}
	if err != nil {
		return Info{}, fmt.Errorf("check the layer %s: %w: make it again with `go run ./lambda_layer`", path, err)
	}
	return f.info()
}

// whole fails if a library is missing.
func (f files) whole() error {
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
		return Info{}, fmt.Errorf("unpacked, it takes %d bytes; Lambda allows %d with the function, for which %d are kept "+
			"free: use the Basic Light Package", i.Unpacked, MaxUnpacked, FunctionRoom)
	}
	return i, nil
}
