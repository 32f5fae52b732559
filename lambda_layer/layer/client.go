package layer

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// Downloads is Oracle's download page of the client.
const Downloads = "https://www.oracle.com/database/technologies/instant-client/downloads.html"

// client is the content of an Instant Client zip.
type client struct {
	layer    files
	repaired []string
	leftOut  []string
}

// readClient reads the files that a function needs from a zip.
func readClient(zipName string) (*client, error) {
	content, err := readZip(zipName)
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, notZip(zipName, content)
	}
	folder, err := clientFolder(z)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", zipName, err)
	}
	c := &client{layer: files{}}
	kept := contents{}
	for _, f := range z.File {
		name := slashed(f)
		base := path.Base(name)
		switch {
		case path.Dir(name) != folder || f.FileInfo().IsDir():
			continue
		case !isNeeded(base):
			c.leftOut = append(c.leftOut, base)
			continue
		}
		e, err := readEntry(f, base, MaxUnpacked)
		if err == nil {
			err = kept.keep(e)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", zipName, f.Name, err)
		}
		c.layer[base] = e
	}
	slices.Sort(c.leftOut)
	if err := c.repairLinks(); err != nil {
		return nil, fmt.Errorf("%s: %w", zipName, err)
	}
	return c, nil
}

// slashed returns the name of a file in a zip with slashes, as the zip format requires. Some Windows programs write
// backslashes.
func slashed(f *zip.File) string { return strings.ReplaceAll(f.Name, `\`, "/") }

// contents holds each different content of a client once. Oracle's zip has several links to one file; a zip that was packed
// on Windows has copies instead, which joinCopies turns into links again.
type contents map[[sha256.Size]byte][]byte

// keep makes an entry share the memory of entries with the same content. The error is errTooLarge if the different contents
// together are too large for Lambda.
func (c contents) keep(e *entry) error {
	sum := sha256.Sum256(e.content)
	if same, ok := c[sum]; ok {
		e.content = same
		return nil
	}
	c[sum] = e.content
	size := 0
	for _, one := range c {
		size += len(one)
	}
	if size > MaxUnpacked {
		return errTooLarge
	}
	return nil
}

func readZip(name string) ([]byte, error) {
	if name == "" {
		return nil, fmt.Errorf("there is no zip: download the Basic Light Package for Linux from %s and name it with "+
			"-client", Downloads)
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no file %s: download the Basic Light Package for Linux from %s and name it with "+
			"-client", name, Downloads)
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder: name the zip as it was downloaded, which still has its symbolic links", name)
	}
	return os.ReadFile(name)
}

// notZip returns an error that says what a file is, if it is not a zip.
func notZip(name string, content []byte) error {
	start := bytes.ToLower(bytes.TrimSpace(content[:min(len(content), 512)]))
	switch {
	case len(content) == 0:
		return fmt.Errorf("%s is empty: download it again", name)
	case bytes.HasPrefix(content, []byte("PK\x03\x04")):
		return fmt.Errorf("%s is a zip that is cut off after %d bytes: download it again", name, len(content))
	case bytes.HasPrefix(start, []byte("<!doctype")), bytes.HasPrefix(start, []byte("<html")):
		return fmt.Errorf("%s is a web page and not a zip: accept Oracle's terms in a browser and download it there, "+
			"from %s", name, Downloads)
	case bytes.HasPrefix(content, []byte("\xed\xab\xee\xdb")):
		return fmt.Errorf("%s is an RPM package and not a zip: download the ZIP from %s", name, Downloads)
	default:
		return fmt.Errorf("%s is not a zip: download the Basic Light Package for Linux from %s", name, Downloads)
	}
}

// clientFolder returns the folder of the client library in a zip, such as instantclient_19_19.
func clientFolder(z *zip.Reader) (string, error) {
	folders := map[string]bool{}
	for _, f := range z.File {
		base := path.Base(slashed(f))
		if strings.HasPrefix(base, "libclntsh.so") {
			folders[path.Dir(slashed(f))] = true
		}
		if strings.EqualFold(base, "oci.dll") {
			return "", fmt.Errorf("it is the client for Windows: download that for Linux from %s", Downloads)
		}
		if strings.HasPrefix(base, "libclntsh.dylib") {
			return "", fmt.Errorf("it is the client for macOS: download that for Linux from %s", Downloads)
		}
	}
	switch len(folders) {
	case 0:
		return "", fmt.Errorf("it holds no libclntsh.so, so it is not the client itself: download the Basic Light Package "+
			"from %s", Downloads)
	case 1:
		return slices.Collect(maps.Keys(folders))[0], nil
	default:
		return "", fmt.Errorf("it holds more than one client, in %s: make a zip of one, or download it again",
			strings.Join(slices.Sorted(maps.Keys(folders)), ", "))
	}
}

// unneeded are libraries for C++ and Java programs, by the beginning of their names.
var unneeded = []string{"libocci", "libocijdbc", "libtfojdbc", "libheteroxa"}

// isNeeded reports whether the layer contains a file of the client's folder. It contains libraries, the licence and the
// read-me file.
func isNeeded(base string) bool {
	for _, prefix := range unneeded {
		if strings.HasPrefix(base, prefix) {
			return false
		}
	}
	return isLibrary(base) || isLicence(base) || isReadMe(base)
}

func isLicence(base string) bool {
	return strings.HasPrefix(base, "BASIC") && strings.HasSuffix(base, "_LICENSE")
}

func isReadMe(base string) bool {
	return strings.HasPrefix(base, "BASIC") && strings.HasSuffix(base, "_README")
}

func readEntry(f *zip.File, base string, room int64) (*entry, error) {
	if f.UncompressedSize64 > uint64(room) {
		return nil, errTooLarge
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("unzip: %w: download it again", err)
	}
	defer r.Close()
	content, err := readLimited(r, room)
	if err != nil {
		return nil, fmt.Errorf("the zip is damaged: %w: download it again", err)
	}
	e := &entry{name: base}
	if f.Mode()&fs.ModeSymlink != 0 {
		e.link = path.Clean(string(content)) // ./libclntsh.so.19.1 is libclntsh.so.19.1
	} else {
		e.content = content
	}
	return e, nil
}

// repairLinks restores symbolic links that a zip program replaced by a text file with the name of the target or by a copy of
// the target, or that it left out.
func (c *client) repairLinks() error {
	all := c.layer
	for _, name := range slices.Sorted(maps.Keys(all)) {
		e := all[name]
		if !isLibrary(name) || e.link != "" {
			continue
		}
		target := path.Clean(strings.TrimSpace(string(e.content[:min(len(e.content), 256)])))
		if len(e.content) < 256 && target != name && all[target] != nil {
			e.content, e.link = nil, target
			c.repaired = append(c.repaired, fmt.Sprintf("%s was a text file: a symbolic link to %s again", name, target))
		}
	}
	c.joinCopies()
	if all["libclntsh.so"] == nil {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if strings.HasPrefix(name, "libclntsh.so.") && all[name].link == "" {
				all["libclntsh.so"] = &entry{name: "libclntsh.so", link: name}
				c.repaired = append(c.repaired, "libclntsh.so was missing: a symbolic link to "+name+" again")
				break
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if e := all[name]; e.link != "" && all.follow(name) == nil {
			return fmt.Errorf("%s is a symbolic link to %s, which is not in the zip: download it again", name, e.link)
		}
	}
	return nil
}

// joinCopies replaces copies of a library by links to one of them: to the copy whose file name is the library name in its
// header.
func (c *client) joinCopies() {
	equal := map[[sha256.Size]byte][]*entry{}
	for _, name := range slices.Sorted(maps.Keys(c.layer)) {
		if e := c.layer[name]; e.link == "" && isLibrary(name) && len(e.content) > 0 {
			sum := sha256.Sum256(e.content)
			equal[sum] = append(equal[sum], e)
		}
	}
	var joined []string
	for _, copies := range equal {
		if len(copies) < 2 {
			continue
		}
		stays := copies[len(copies)-1]
		if l, err := readLibrary(stays.content); err == nil {
			if i := slices.IndexFunc(copies, func(e *entry) bool { return e.name == l.soname }); i >= 0 {
				stays = copies[i]
			}
		}
		for _, e := range copies {
			if e != stays {
				e.content, e.link = nil, stays.name
				joined = append(joined, fmt.Sprintf("%s was a second copy: a symbolic link to %s again", e.name, stays.name))
			}
		}
	}
	slices.Sort(joined)
	c.repaired = append(c.repaired, joined...)
}
