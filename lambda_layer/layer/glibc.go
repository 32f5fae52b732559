package layer

import (
	"debug/elf"
	"math"
	"strconv"
	"strings"
)

// MaxGLIBC is the version of glibc in Amazon Linux 2023 and in the runtime provided.al2023. A program that uses symbols of a
// newer version does not start there. Source: https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html
const MaxGLIBC = "2.34"

// glibcOf returns the newest glibc version among the symbols that a file uses, and whether it uses private symbols.
func glibcOf(f *elf.File) (newest string, private bool, err error) {
	if f.SectionByType(elf.SHT_GNU_VERNEED) == nil {
		return "", false, nil // a static program, or symbols without versions
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

// newerThan compares versions such as 2.9 and 2.34 by their numbers. A version without numbers, such as ABI_DT_RELR, names a
// feature of the loader and counts as newer than all numbers: the first such version came with glibc 2.36. Source:
// https://sourceware.org/pipermail/libc-alpha/2022-April/138085.html
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
		n, err := strconv.Atoi(part)
		if err != nil {
			return []int{math.MaxInt}
		}
		all = append(all, n)
	}
	return all
}
