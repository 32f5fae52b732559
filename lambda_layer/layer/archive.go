package layer

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// folder is the folder of all files in the layer.
const folder = "lib/"

// stamp is the time of every file. It is constant, so equal inputs give equal bytes. It is the earliest time of the zip format.
var stamp = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)

// write writes the layer to path and returns its bytes. After an error, the file at path is unchanged.
func (f files) write(path string) ([]byte, error) {
	content, err := f.archive()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".layer-*.zip") // git ignores lambda_layer/*.zip, if a file remains after a crash
	if err != nil {
		return nil, err
	}
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(temporary.Name()))
	}
	return content, nil
}

func (f files) archive() ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(f)) {
		e := f[name]
		h := &zip.FileHeader{Name: folder + name, Method: zip.Deflate, Modified: stamp}
		content := e.content
		switch {
		case e.link != "":
			// Lambda unpacks an entry as a link only if the mode in the archive says that it is one.
			h.SetMode(fs.ModeSymlink | 0o777)
			h.Method, content = zip.Store, []byte(e.link)
		case e.library != nil:
			h.SetMode(0o755)
		default:
			h.SetMode(0o644)
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(content); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// readLayer reads a zip that Build wrote.
func readLayer(path string) (files, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	all := files{}
	var size int64
	for _, file := range z.File {
		name, ok := strings.CutPrefix(file.Name, folder)
		switch {
		case strings.HasSuffix(file.Name, "/"):
			continue
		case !ok || strings.Contains(name, "/"):
			return nil, fmt.Errorf("%s is not in the folder %s, in which Lambda looks for libraries", file.Name, folder)
		}
		e, err := readEntry(file, name, MaxUnpacked-size)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name, err)
		}
		size += int64(len(e.content))
		all[name] = e
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if e := all[name]; e.link != "" && all.follow(name) == nil {
			return nil, fmt.Errorf("%s is a symbolic link to %s, which does not exist", folder+name, e.link)
		}
	}
	return all, nil
}
