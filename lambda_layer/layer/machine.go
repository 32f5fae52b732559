package layer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// machine is the machine that makes the layer.
type machine struct {
	folders []string // folders with shared libraries
	lambdas bool     // whether its glibc is that of Lambda
}

func thisMachine(o Options) (machine, error) {
	path := o.OSRelease
	if path == "" {
		path = "/etc/os-release"
	}
	release, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return machine{}, fmt.Errorf("read the name of this system: %w", err)
	}
	return machine{folders: o.Search, lambdas: isLambdas(release)}, nil
}

// isLambdas reports whether an os-release file is that of Amazon Linux 2023, the system of Lambda.
func isLambdas(release []byte) bool {
	values := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(release)); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), "=")
		values[key] = strings.Trim(value, `"'`)
	}
	return values["ID"] == "amzn" && values["VERSION_ID"] == "2023"
}

// find looks for a library on the machine. The error says why the libraries that were found are not suitable, and where to
// get a suitable one.
func (m machine) find(name string, a Architecture) (content []byte, origin string, err error) {
	seen := map[string]bool{}
	var refused []string
	for _, folder := range m.folders {
		for _, candidate := range append([]string{name}, otherNames[name]...) {
			place := filepath.Join(folder, candidate)
			file, err := filepath.EvalSymlinks(place)
			if errors.Is(err, fs.ErrNotExist) || seen[file] {
				continue // /lib is often a link to /usr/lib
			}
			if err == nil {
				seen[file] = true
				content, err = os.ReadFile(file)
			}
			if err == nil {
				err = m.suits(content, a)
			}
			if err == nil {
				return content, place, nil
			}
			refused = append(refused, fmt.Sprintf("%s: %v", place, err))
		}
	}
	if len(refused) > 0 {
		return nil, "", fmt.Errorf("the libraries of this machine are not suitable (%s): give the file with -extra, from %s",
			strings.Join(refused, "; "), source(name))
	}
	return nil, "", fmt.Errorf("it is neither in the client, nor on Lambda, nor on this machine: install %s, or give the "+
		"file with -extra", source(name))
}

// suits returns why Lambda cannot load a library of the machine, or nil.
func (m machine) suits(content []byte, a Architecture) error {
	l, err := readLibrary(content)
	if err != nil {
		return err
	}
	if l.private && !m.lambdas {
		return errors.New("it works only with this machine's glibc")
	}
	return suits(l, a)
}
