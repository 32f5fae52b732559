package s3

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// The path of an object is its key, so that people find the file. Some keys are not valid paths and have another path:
// "%", NUL and the names "." and ".." are percent-encoded. An empty part, between two slashes or after the last one,
// becomes the name "%". When a key is also the folder of other keys, its file has a "%" at the end.

const maxName = 255 // longest file name in bytes

// pathOf returns the path of a key's object, relative to the folder of the bucket.
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
				"the embedded S3 stores objects as files: a part of a key between slashes has at most %d bytes", maxName-1)
		}
		parts[i] = part
	}
	return filepath.Join(parts...), nil
}

// fileNextToFolder returns the path of an object whose key is also the folder of other keys.
func fileNextToFolder(path string) string { return path + "%" }

// keyOf returns the key of a file. path is relative to the folder of the bucket.
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
			return "", fmt.Errorf("file %s is not an object of the embedded S3: %w", path, err)
		}
		parts[i] = name
	}
	return strings.Join(parts, "/"), nil
}
