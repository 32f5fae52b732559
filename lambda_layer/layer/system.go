package layer

import (
	"fmt"
	"strings"
)

// onEvery are the libraries of glibc and libgcc, for both architectures. Lambda's provided.al2023 is built from the minimal
// container image of Amazon Linux 2023, which has both packages. Other libraries of the image are not in this list: an
// unnecessary library in the layer does no harm, a missing one does. libnsl has its own package. Sources:
// https://aws.amazon.com/blogs/compute/introducing-the-amazon-linux-2023-runtime-for-aws-lambda/
// https://docs.aws.amazon.com/linux/al2023/ug/minimal-container.html
var onEvery = []string{
	"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2", "libutil.so.1",
	"libgcc_s.so.1",
}

// loaders are the dynamic loaders. Libraries may name them as needed libraries.
var loaders = map[Architecture]string{X8664: "ld-linux-x86-64.so.2", ARM64: "ld-linux-aarch64.so.1"}

// loaderPaths are the paths of the loaders, which the ABIs of the processors define.
var loaderPaths = map[Architecture]string{X8664: "/lib64/ld-linux-x86-64.so.2", ARM64: "/lib/ld-linux-aarch64.so.1"}

// otherNames are the names of the same library on newer systems. Debian and Ubuntu renamed libaio with the change to 64-bit
// times, which changed nothing on 64-bit processors.
var otherNames = map[string][]string{"libaio.so.1": {"libaio.so.1t64"}}

// packages are the packages of Amazon Linux 2023 with libraries that clients need and neither the client nor Lambda has.
var packages = map[string]string{
	"libaio.so.1": "libaio", "libnsl.so.1": "libnsl", "libstdc++.so.6": "libstdc++", "libz.so.1": "zlib",
	"libcrypt.so.1": "libxcrypt",
}

// otherPackages are packages of other systems with a suitable library.
var otherPackages = map[string]string{
	"libaio.so.1": ", Oracle Linux and Fedora, or libaio1 of Debian 12 and Ubuntu 22.04, libaio1t64 of newer ones",
}

// source returns where to get a library, for messages.
func source(name string) string {
	if packages[name] == "" {
		return "the package that `dnf provides '*/" + name + "'` names on Amazon Linux 2023"
	}
	return "the package " + packages[name] + " of Amazon Linux 2023" + otherPackages[name]
}

// platforms are Docker's names for the architectures.
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
	return fmt.Sprintf("On any machine with Docker, this command copies them to the current folder:\n"+
		"  docker run --rm --platform %s -v \"$PWD:/out\" public.ecr.aws/amazonlinux/amazonlinux:2023 \\\n"+
		"    sh -c 'dnf -y install %s && cp -L %s /out'\n"+
		"Then add %s. %s", platforms[a], strings.Join(wanted, " "), strings.Join(files, " "), strings.Join(extra, " "), without)
}

// SystemFolders returns the folders in which Linux systems have shared libraries, for both architectures.
func SystemFolders() []string {
	return []string{
		"/lib64", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64",
		"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
		"/usr/x86_64-linux-gnu/lib", "/usr/aarch64-linux-gnu/lib",
	}
}

// onLambda reports whether the runtime certainly has a library.
func onLambda(name string, a Architecture) bool {
	for _, library := range onEvery {
		if name == library {
			return true
		}
	}
	return name == loaders[a]
}
