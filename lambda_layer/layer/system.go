package layer

import (
	"fmt"
	"strings"
)

// onEvery are the libraries of glibc itself and of libgcc, on both architectures. Lambda's provided.al2023 is built
// from the minimal container image of Amazon Linux 2023, which has both packages. What else may be in the image is not
// counted on: a library too many in the layer does no harm. libnsl is a package of its own. Sources:
// https://aws.amazon.com/blogs/compute/introducing-the-amazon-linux-2023-runtime-for-aws-lambda/
// https://docs.aws.amazon.com/linux/al2023/ug/minimal-container.html
var onEvery = []string{
	"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2", "libutil.so.1",
	"libgcc_s.so.1",
}

// loaders are the dynamic loaders, which libraries may name as needed.
var loaders = map[Architecture]string{X8664: "ld-linux-x86-64.so.2", ARM64: "ld-linux-aarch64.so.1"}

// loaderPaths are where programs look for them, by the calling conventions of the processors.
var loaderPaths = map[Architecture]string{X8664: "/lib64/ld-linux-x86-64.so.2", ARM64: "/lib/ld-linux-aarch64.so.1"}

// otherNames are the names under which newer systems have the same library. Debian and Ubuntu renamed libaio when they
// made time 64 bits wide, which changed nothing on 64-bit processors.
var otherNames = map[string][]string{"libaio.so.1": {"libaio.so.1t64"}}

// packages are those of Amazon Linux 2023 that have a library that clients need and neither they nor Lambda have.
var packages = map[string]string{
	"libaio.so.1": "libaio", "libnsl.so.1": "libnsl", "libstdc++.so.6": "libstdc++", "libz.so.1": "zlib",
	"libcrypt.so.1": "libxcrypt",
}

// otherPackages are packages of other systems whose library does as well.
var otherPackages = map[string]string{
	"libaio.so.1": ", Oracle Linux and Fedora, or libaio1 of Debian 12 and Ubuntu 22.04, libaio1t64 of newer ones",
}

// source says where a library is to be had.
func source(name string) string {
	if packages[name] == "" {
		return "the package that `dnf provides '*/" + name + "'` names on Amazon Linux 2023"
	}
	return "the package " + packages[name] + " of Amazon Linux 2023" + otherPackages[name]
}

// platforms are Docker's names of the architectures.
var platforms = map[Architecture]string{X8664: "linux/amd64", ARM64: "linux/arm64"}

// howToGet says how to get libraries from Amazon Linux 2023 on any machine, by Docker, and how to do without them.
func howToGet(names []string, a Architecture) string {
	var wanted, files, extra []string
	for _, name := range names {
		if packages[name] != "" {
			wanted = append(wanted, packages[name])
			files = append(files, "/lib64/"+name)
			extra = append(extra, "-extra "+name)
		}
	}
	without := "The driver go-ora (source: {driver: go-ora}) needs neither client nor layer."
	if len(wanted) == 0 {
		return without
	}
	return fmt.Sprintf("On any machine with Docker, this gets them into the current folder:\n"+
		"  docker run --rm --platform %s -v \"$PWD:/out\" public.ecr.aws/amazonlinux/amazonlinux:2023 \\\n"+
		"    sh -c 'dnf -y install %s && cp -L %s /out'\n"+
		"Then add %s. %s", platforms[a], strings.Join(wanted, " "), strings.Join(files, " "), strings.Join(extra, " "), without)
}

// SystemFolders are where Linux systems keep shared libraries, for both architectures.
func SystemFolders() []string {
	return []string{
		"/lib64", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64",
		"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
		"/usr/x86_64-linux-gnu/lib", "/usr/aarch64-linux-gnu/lib",
	}
}

// onLambda says whether the runtime has a library.
func onLambda(name string, a Architecture) bool {
	for _, there := range onEvery {
		if name == there {
			return true
		}
	}
	return name == loaders[a]
}
