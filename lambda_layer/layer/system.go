package layer

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

// otherNames are the names under which newer systems have the same library. Debian and Ubuntu renamed libaio when they
// made time 64 bits wide, which changed nothing on 64-bit processors.
var otherNames = map[string][]string{"libaio.so.1": {"libaio.so.1t64"}}

// packages say where to get a library that clients need and neither they nor Lambda have.
var packages = map[string]string{
	"libaio.so.1": "the package libaio of Amazon Linux, Oracle Linux and Fedora, libaio1 of Debian 12 and Ubuntu 22.04, " +
		"libaio1t64 of newer ones",
	"libnsl.so.1":    "the package libnsl of Amazon Linux 2023",
	"libstdc++.so.6": "the package libstdc++ of Amazon Linux 2023",
	"libz.so.1":      "the package zlib of Amazon Linux 2023",
	"libcrypt.so.1":  "the package libxcrypt of Amazon Linux 2023",
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
