package layer

import (
	"debug/elf"
	"fmt"
	"strconv"
	"strings"
)

// MaxGLIBC is the glibc of Amazon Linux 2023, and so of the runtime provided.al2023. A program that was linked against
// symbols of a newer one does not start there. Source: https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html
const MaxGLIBC = "2.34"

// CheckGLIBC reads the program or library at path and fails if it uses symbols of a newer glibc than Lambda has. It
// returns the newest version that is used, such as "2.34", or nothing for a static program.
func CheckGLIBC(path string) (string, error) {
	f, err := elf.Open(path)
	if err != nil {
		return "", fmt.Errorf("read the glibc symbols of %s: %w", path, err)
	}
	defer f.Close()
	newest, _, err := glibcOf(f)
	if err != nil {
		return "", fmt.Errorf("read the glibc symbols of %s: %w", path, err)
	}
	if newerThan(newest, MaxGLIBC) {
		return newest, fmt.Errorf("%s was linked on a system that is too new: it uses symbols of GLIBC_%s, and Lambda's "+
			"provided.al2023 has %s: build it on Amazon Linux 2023, Debian 12 or Ubuntu 22.04", path, newest, MaxGLIBC)
	}
	return newest, nil
}

// glibcOf reads the newest glibc version among the symbols that a file wants from libraries.
func glibcOf(f *elf.File) (newest string, private bool, err error) {
	if f.SectionByType(elf.SHT_GNU_VERNEED) == nil {
		return "", false, nil // static, or it names no version
	}
	needs, err := f.DynamicVersionNeeds()
	if err != nil {
		return "", false, err
	}
	for _, need := range needs {
		for _, dep := range need.Needs {
			version, ok := strings.CutPrefix(dep.Dep, "GLIBC_")
			switch {
			case !ok:
			case version == "PRIVATE":
				private = true
			case newest == "" || newerThan(version, newest):
				newest = version
			}
		}
	}
	return newest, private, nil
}

// newerThan compares versions such as 2.9 and 2.34 by their numbers.
func newerThan(a, b string) bool {
	as, bs := numbers(a), numbers(b)
	for i := range max(len(as), len(bs)) {
		var x, y int
		if i < len(as) {
			x = as[i]
		}
		if i < len(bs) {
			y = bs[i]
		}
		if x != y {
			return x > y
		}
	}
	return false
}

func numbers(version string) []int {
	if version == "" {
		return nil
	}
	var all []int
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part) // glibc's versions are numbers only
		all = append(all, n)
	}
	return all
}
