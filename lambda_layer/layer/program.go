package layer

import (
	"debug/elf"
	"fmt"
	"io"
	"strings"
)

// CheckProgram reads the program at path and returns an error if it cannot start on Lambda: if it is for another
// architecture, has another C library or another path of the loader, needs a library that Lambda does not have, or uses
// symbols of a newer glibc. glibc is the newest version of glibc that it uses, such as "2.34", or "" for a static program.
func CheckProgram(path string, a Architecture) (glibc string, err error) {
	f, err := elf.Open(path)
	if err != nil {
		return "", fmt.Errorf("%s is not a program for Linux: %w", path, err)
	}
	defer f.Close()
	found, err := architectureOf(f)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	if found != a {
		return "", fmt.Errorf("%s is for %s, and the function for %s", path, found, a)
	}
	if err := checkLoader(f, a); err != nil {
		return "", fmt.Errorf("%s: %w: %s", path, err, buildOn)
	}
	glibc, _, err = glibcOf(f)
	if err != nil {
		return "", fmt.Errorf("read the glibc symbols of %s: %w", path, err)
	}
	if newerThan(glibc, MaxGLIBC) {
		return glibc, fmt.Errorf("%s was linked on a system that is too new: it uses symbols of GLIBC_%s, and Lambda's "+
			"provided.al2023 has %s: %s", path, glibc, MaxGLIBC, buildOn)
	}
	return glibc, nil
}

const buildOn = "build it on Amazon Linux 2023, Debian 12 or Ubuntu 22.04"

// checkLoader returns an error if Lambda does not have the loader or a library that a program names. Compilers of Alpine
// Linux use another C library, and those of Nix have it in another folder.
func checkLoader(f *elf.File, a Architecture) error {
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		name, err := io.ReadAll(p.Open())
		if err != nil {
			return fmt.Errorf("read the loader's name: %w", err)
		}
		if loader := strings.TrimRight(string(name), "\x00"); loader != loaderPaths[a] {
			return fmt.Errorf("it starts with %s, and Lambda's provided.al2023 has %s", loader, loaderPaths[a])
		}
	}
	needed, err := f.ImportedLibraries()
	if err != nil {
		return fmt.Errorf("read the libraries that it needs: %w", err)
	}
	for _, library := range needed {
		if !onLambda(library, a) {
			return fmt.Errorf("it needs %s, and Lambda may not have this library", library)
		}
	}
	return nil
}
