// Package layer turns Oracle's Instant Client, a zip that a person downloads under Oracle's terms, into a Lambda layer
// for the runtime provided.al2023, and checks what can be checked before anything is deployed: architecture, version,
// completeness, every library that another one needs, the newest glibc symbol, the size.
//
// Everything in the layer lies under lib/, which Lambda unpacks to /opt/lib, a folder of its LD_LIBRARY_PATH. Source:
// https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
package layer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

// MaxUnpacked is the most that a function and its layers may take, unpacked, in bytes. Source:
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const MaxUnpacked = 262144000

// FunctionRoom is what of MaxUnpacked is left for the function itself, in bytes. The function with godror takes 25 MB when
// gcc links it, and 30 MB when Zig does.
const FunctionRoom = 32 << 20

// MinVersion is the oldest major version of the client that godror works with.
const MinVersion = 19

// Architecture is a processor in Lambda's words.
type Architecture string

// The architectures of Lambda.
const (
	X8664 Architecture = "x86_64"
	ARM64 Architecture = "arm64"
)

// Options say what a layer is made of.
type Options struct {
	Client string   // the Instant Client zip, Basic or Basic Light
	Extra  []string // shared libraries to add, such as libaio.so.1
	Search []string // folders in which missing libraries are looked for; nil means SystemFolders
	// OSRelease is the file that says what system has these folders; empty means /etc/os-release.
	OSRelease string
	Out       string // the zip to write
}

// Report says what a layer is and how it came to be.
type Report struct {
	Info
	Out      string
	SHA256   string   // of the written zip, in hexadecimal digits
	Added    []string // libraries that were not in the client, with their origin
	Mended   []string // what was wrong in the client's zip and was put right
	LeftOut  []string // what of the client's zip no function needs
	Warnings []string
}

// Build writes the layer. Equal inputs give equal bytes. What is wrong with them is the error, in words that say what to
// do; nothing is written then.
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
	r := Report{Out: o.Out, Mended: c.mended, LeftOut: c.leftOut}
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

// checkOut fails where the layer would take the place of what a person has.
func (o Options) checkOut() error {
	out, err := os.Stat(o.Out)
	if err != nil {
		return nil // It is not there, or else writing it says why not.
	}
	if out.IsDir() {
		return fmt.Errorf("%s, where the layer is to be written, is a folder: name a file", o.Out)
	}
	if client, err := os.Stat(o.Client); err == nil && os.SameFile(client, out) {
		return fmt.Errorf("%s, where the layer is to be written, is the client itself: name another file", o.Out)
	}
	return nil
}

// entry is a file of the layer, or a symbolic link to one.
type entry struct {
	name    string // without folder
	content []byte
	link    string   // the name it leads to, for a link
	library *library // for a shared library
}

// files are what a layer holds, by name.
type files map[string]*entry

// isLibrary says whether a name is that of a shared library.
func isLibrary(name string) bool {
	return strings.HasPrefix(name, "lib") && strings.Contains(name, ".so") ||
		strings.HasSuffix(name, ".so")
}

// follow is the file that a name leads to; nil when it leads nowhere.
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
