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

// machine is the one that a layer is made on.
type machine struct {
	folders []string // with shared libraries
	lambdas bool     // its glibc is Lambda's
}

func thisMachine(o Options) (machine, error) {
	path := o.OSRelease
	if path == "" {
		path = "/etc/os-release"
	}
	release, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return machine{}, fmt.Errorf("find out what system this is: %w", err)
	}
	return machine{folders: o.Search, lambdas: isLambdas(release)}, nil
}

// isLambdas says whether an os-release file is that of Amazon Linux 2023.
func isLambdas(release []byte) bool {
	values := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(release)); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), "=")
		values[key] = strings.Trim(value, `"'`)
	}
	return values["ID"] == "amzn" && values["VERSION_ID"] == "2023"
}

// find looks for a library on the machine. Its error says why what was found does not do, and where a library that does
// can be had.
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
		return nil, "", fmt.Errorf("what this machine has does not do (%s): give the file with -extra, from %s",
			strings.Join(refused, "; "), source(name))
	}
	return nil, "", fmt.Errorf("it is neither in the client, nor on Lambda, nor on this machine: install %s, or give the "+
		"file with -extra", source(name))
}

// suits says whether a library of the machine can be loaded on Lambda.
func (m machine) suits(content []byte, a Architecture) error {
	l, err := readLibrary(content)
	if err != nil {
		return err
	}
	if l.private && !m.lambdas {
		return errors.New("it works with this machine's glibc only")
	}
	return suits(l, a)
}
