package layer

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var errTooLarge = fmt.Errorf("unpacked, it is larger than the %d bytes that Lambda allows: use the Basic Light Package",
	MaxUnpacked)

// check reads every library. It refuses a client with a damaged library, with libraries for two architectures, of an old
// version, without a required file, or without its licence.
func (f files) check() error {
	first := ""
	for _, name := range slices.Sorted(maps.Keys(f)) {
		e := f[name]
		if !isLibrary(name) || e.link != "" {
			continue
		}
		l, err := readLibrary(e.content)
		var other otherProcessor
		if errors.As(err, &other) {
			return fmt.Errorf("%s: %w: download the client for Linux x86-64 or ARM (aarch64)", name, err)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		e.library = l
		if first == "" {
			first = name
		}
		if a := f[first].library.architecture; l.architecture != a {
			return fmt.Errorf("%s is for %s and %s for %s: make the layer from one client only", first, a, name, l.architecture)
		}
		if newerThan(l.glibc, MaxGLIBC) {
			return fmt.Errorf("%s needs GLIBC_%s, and Lambda's provided.al2023 has %s: use an older client", name, l.glibc,
				MaxGLIBC)
		}
	}
	if err := f.checkVersion(); err != nil {
		return err
	}
	if f["libociicus.so"] == nil && f["libociei.so"] == nil {
		return errors.New("it has neither libociicus.so (Basic Light) nor libociei.so (Basic), the client's data: " +
			"download the Basic Light Package again")
	}
	for name := range f {
		if isLicence(name) {
			return nil
		}
	}
	return errors.New("it holds no licence (BASIC_LICENSE or BASIC_LITE_LICENSE), which must stay with Oracle's " +
		"libraries: use the zip as it was downloaded")
}

func (f files) checkVersion() error {
	major, err := f.major()
	if err != nil {
		return err
	}
	if major < MinVersion {
		return fmt.Errorf("it is client %s, and the driver needs %d or newer: download version 19 or 23 from %s",
			f.version(), MinVersion, Downloads)
	}
	return nil
}

// major returns the client's major version, from the name in the header of its library.
func (f files) major() (int, error) {
	main := f.follow("libclntsh.so")
	if main == nil || main.library == nil {
		return 0, errors.New("it holds no libclntsh.so: download the Basic Light Package again")
	}
	rest, ok := strings.CutPrefix(main.library.soname, "libclntsh.so.")
	number, _, _ := strings.Cut(rest, ".")
	major, err := strconv.Atoi(number)
	if !ok || err != nil {
		return 0, fmt.Errorf("%s has the library name %q, which is not that of an Oracle client: download the Basic Light Package again",
			main.name, main.library.soname)
	}
	return major, nil
}

// versionLine matches a line of the client's read-me file: "Client Shared Library 64-bit - 19.19.0.0.0".
var versionLine = regexp.MustCompile(`Client Shared Library 64-bit - ([0-9]+(?:\.[0-9]+)+)`)

// version returns the complete version of the read-me file, if it agrees with the library. Otherwise it returns the
// library's version, such as 19.1.
func (f files) version() string {
	soname := strings.TrimPrefix(f.follow("libclntsh.so").library.soname, "libclntsh.so.")
	major, _, _ := strings.Cut(soname, ".")
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if !isReadMe(name) {
			continue
		}
		if found := versionLine.FindSubmatch(f[name].content); found != nil &&
			strings.HasPrefix(string(found[1]), major+".") {
			return string(found[1])
		}
	}
	return soname
}
