package s3

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// A key becomes a path of the same words, so that a person finds the file. What a file system cannot hold is written
// another way: "%", NUL and the names "." and ".." are percent-encoded, an empty part (two slashes, or one at the
// end) is the name "%", and where a key is also a folder of others, its own file has a "%" at the end.

const maxName = 255 // bytes that a file's name may have

// pathOf is where the object of a key lies, relative to its bucket.
func pathOf(key string) (string, error) {
	parts := strings.Split(key, "/")
	for i, part := range parts {
		switch part {
		case "":
			part = "%"
		case ".":
			part = "%2E"
		case "..":
			part = "%2E%2E"
		default:
			part = strings.NewReplacer("%", "%25", "\x00", "%00").Replace(part)
		}
		if len(part) > maxName-1 {
			return "", gofakes3.ErrorMessagef(gofakes3.ErrKeyTooLong,
				"the embedded S3 keeps objects as files: a part of a key between slashes can have %d bytes", maxName-1)
		}
		parts[i] = part
	}
	return filepath.Join(parts...), nil
}

// besideFolder is the path of an object whose key is also a folder of others.
func besideFolder(path string) string { return path + "%" }

// keyOf is the key of a file found below a bucket's folder.
func keyOf(path string) (string, error) {
	parts := strings.Split(filepath.ToSlash(path), "/")
	for i, part := range parts {
		if i == len(parts)-1 && len(part) > 1 {
			part = strings.TrimSuffix(part, "%")
		}
		if part == "%" {
			parts[i] = ""
			continue
		}
		name, err := url.PathUnescape(part)
		if err != nil {
			return "", fmt.Errorf("file %s is no object of the embedded S3: %w", path, err)
		}
		parts[i] = name
	}
	return strings.Join(parts, "/"), nil
}
