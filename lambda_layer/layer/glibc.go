package layer

import (
	"debug/elf"
	"math"
	"strconv"
	"strings"
)

// MaxGLIBC is the glibc of Amazon Linux 2023, and so of the runtime provided.al2023. A program that was linked against
// symbols of a newer one does not start there. Source: https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html
const MaxGLIBC = "2.34"

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

// newerThan compares versions such as 2.9 and 2.34 by their numbers. A version that is none, such as ABI_DT_RELR, stands
// for something that the loader must know how to do; the first of them came with 2.36. Source:
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
