// Package layer makes a Lambda layer for the runtime provided.al2023 from Oracle's Instant Client, a zip that a person
// downloads under Oracle's terms. It checks the layer before a deploy: the architecture, the version, whether all needed
// libraries are there, the newest glibc symbol, and the size.
//
// All files of the layer are in lib/. Lambda unpacks them to /opt/lib, a folder of its LD_LIBRARY_PATH. Source:
// https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
package layer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

// MaxUnpacked is the largest unpacked size of a function with its layers, in bytes. Source:
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const MaxUnpacked = 262144000

// FunctionRoom is the part of MaxUnpacked that is kept free for the function itself, in bytes. The function with godror has
// 25 MB if gcc links it, and 30 MB if Zig links it.
const FunctionRoom = 32 << 20

// MinVersion is the oldest major version of the client that godror works with.
const MinVersion = 19

// Architecture is a processor, by Lambda's name.
type Architecture string

// The architectures of Lambda.
const (
	X8664 Architecture = "x86_64"
	ARM64 Architecture = "arm64"
)

// Options are the input of Build.
type Options struct {
	Client string   // the Instant Client zip, Basic or Basic Light
	Extra  []string // shared libraries to add, such as libaio.so.1
	Search []string // folders with libraries that the client may need; nil means SystemFolders
	// OSRelease is the os-release file of the system that has these folders; empty means /etc/os-release.
	OSRelease string
	Out       string // the zip to write
}

// Report describes a layer and how it was made.
type Report struct {
	Info
	Out      string
	SHA256   string   // the hash of the written zip, in hexadecimal digits
	Added    []string // libraries that were not in the client, with their origin
	Repaired []string // symbolic links that were restored
	LeftOut  []string // files of the client's zip that no function needs
	Warnings []string
}

// Build writes the layer. Equal inputs give equal bytes. The error says what is wrong with the inputs and what to do. After
// an error Build has written nothing.
func Build(o Options) (Report, error) {
	if o.Search == nil {
		o.Search = SystemFolders()
	}
	if err := o.checkOut(); err != nil {
		return Report{}, err
	}
	c, err := readClient(o.Client)
	if err != nil {
		return Report{}, fmt.Errorf("read the client: %w", err)
	}
	l := c.layer
	if err := l.check(); err != nil {
		return Report{}, fmt.Errorf("check %s: %w", o.Client, err)
	}
	r := Report{Out: o.Out, Repaired: c.repaired, LeftOut: c.leftOut}
	if err := l.complete(o, &r); err != nil {
		return Report{}, fmt.Errorf("complete the client: %w", err)
	}
	if r.Info, err = l.info(); err != nil {
		return Report{}, fmt.Errorf("check the layer: %w", err)
	}
	written, err := l.write(o.Out)
	if err != nil {
		return Report{}, fmt.Errorf("write the layer: %w", err)
	}
	sum := sha256.Sum256(written)
	r.SHA256 = hex.EncodeToString(sum[:])
	return r, nil
}

// checkOut refuses to overwrite a folder or the client itself.
func (o Options) checkOut() error {
	out, err := os.Stat(o.Out)
	if err != nil {
		return nil // the file does not exist, or writing it will return the error
	}
	if out.IsDir() {
		return fmt.Errorf("the output %s is a folder: name a file", o.Out)
	}
	if client, err := os.Stat(o.Client); err == nil && os.SameFile(client, out) {
		return fmt.Errorf("the output %s is the client itself: name another file", o.Out)
	}
	return nil
}

// entry is a file of the layer, or a symbolic link to one.
type entry struct {
	name    string // without folder
	content []byte
	link    string   // the target, for a link
	library *library // for a shared library
}

// files are the files of a layer, by name.
type files map[string]*entry

// isLibrary reports whether a name is that of a shared library.
func isLibrary(name string) bool {
	return strings.HasPrefix(name, "lib") && strings.Contains(name, ".so") ||
		strings.HasSuffix(name, ".so")
}

// follow returns the file with the name, or the target of a link with the name. It is nil if there is none.
func (f files) follow(name string) *entry {
	for range len(f) + 1 {
		e := f[name]
		if e == nil || e.link == "" {
			return e
		}
		name = e.link
	}
	return nil
}
