package layer_test

import (
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oralake/oralake/lambda_layer/layer"
	"github.com/oralake/oralake/lambda_layer/layertest"
)

// nineteen returns a client that needs the same libraries as Oracle's client 19 for x86-64, including libnsl.
func nineteen(t *testing.T) string {
	t.Helper()
	main := layertest.Library{
		Soname: "libclntsh.so.19.1", Needed: []string{
			"libnnz19.so", "libdl.so.2", "libm.so.6", "libpthread.so.0", "libnsl.so.1", "librt.so.1", "libaio.so.1",
			"libresolv.so.2", "libc.so.6", "ld-linux-x86-64.so.2", "libclntshcore.so.19.1",
		},
	}
	return layertest.Zip(t, "client.zip", replace(layertest.Client(0, 19), map[string]*layertest.File{
		"libclntsh.so.19.1": {Content: main.Bytes(), Mode: 0o755},
	}))
}

// privateNSL returns a libnsl like that of most systems: it comes with glibc and works only with that glibc.
func privateNSL() layertest.Library {
	return layertest.Library{
		Soname: "libnsl.so.1", Needed: []string{"libc.so.6"}, Glibc: []string{"GLIBC_2.28", "GLIBC_PRIVATE"},
	}
}

// On Amazon Linux 2023 the machine's glibc is that of Lambda.
func TestOnAmazonLinux(t *testing.T) {
	search := machine(t, map[string]layertest.Library{"libaio.so.1": libaio(0), "libnsl.so.1": privateNSL()})
	for name, test := range map[string]struct {
		release string
		fails   bool
	}{
		"Amazon Linux 2023": {"NAME=\"Amazon Linux\"\nID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"\n", false},
		"Amazon Linux 2":    {"ID=\"amzn\"\nVERSION_ID=\"2\"\n", true},
		"Debian":            {"ID=debian\nVERSION_ID=\"12\"\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			release := filepath.Join(t.TempDir(), "os-release")
			if err := os.WriteFile(release, []byte(test.release), 0o644); err != nil {
				t.Fatal(err)
			}
			r, err := layer.Build(layer.Options{
				Client: nineteen(t), Search: search, OSRelease: release, Out: filepath.Join(t.TempDir(), "layer.zip"),
			})
			if test.fails {
				mustContain(t, err, "it works only with this machine's glibc")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if added := strings.Join(r.Added, "\n"); !strings.Contains(added, "libnsl.so.1 from "+search[0]) {
				t.Errorf("got added %q, want libnsl.so.1 of the machine", added)
			}
		})
	}
}

// If libraries are missing, the error has one command that gets all of them, for the client's processor.
func TestHowToGetLibraries(t *testing.T) {
	_, err := build(t, nineteen(t), machine(t, map[string]layertest.Library{"libnsl.so.1": privateNSL()}))
	for _, want := range []string{
		"libclntsh.so.19.1 needs libaio.so.1: ", "libclntsh.so.19.1 needs libnsl.so.1: ",
		"docker run --rm --platform linux/amd64 ", "dnf -y install libaio libnsl",
		"cp -L /lib64/libaio.so.1 /lib64/libnsl.so.1 ", "-extra libaio.so.1 -extra libnsl.so.1", "driver: go-ora",
	} {
		mustContain(t, err, want)
	}
	_, err = build(t, layertest.Zip(t, "client.zip", layertest.Client(elf.EM_AARCH64, 19)), []string{})
	mustContain(t, err, "--platform linux/arm64 ")
	mustContain(t, err, "/lib64/libaio.so.1 ")
}

// Build refuses a library with packed relocations: glibc 2.34 cannot load it.
func TestPackedRelocations(t *testing.T) {
	l := libaio(0)
	l.Glibc = append(l.Glibc, "GLIBC_ABI_DT_RELR")
	_, err := build(t, layertest.Zip(t, "client.zip", layertest.Client(0, 19)),
		machine(t, map[string]layertest.Library{"libaio.so.1": l}))
	mustContain(t, err, "it needs GLIBC_ABI_DT_RELR, and Lambda's provided.al2023 has 2.34")
}

// On a machine that also has 32-bit libraries, the error does not say to download another client.
func TestLibraryOf32Bits(t *testing.T) {
	search := machine(t, map[string]layertest.Library{"libaio.so.1": libaio(elf.EM_386)})
	_, err := build(t, layertest.Zip(t, "client.zip", layertest.Client(0, 19)), search)
	mustContain(t, err, "libaio.so.1: it is for 32-bit x86, which Lambda does not have): give the file with -extra")
}

// A folder that is a link to another folder is the same folder: an error names its libraries once.
func TestLinkedFolders(t *testing.T) {
	search := machine(t, map[string]layertest.Library{"libaio.so.1": libaio(elf.EM_AARCH64)})
	link := filepath.Join(t.TempDir(), "lib")
	if err := os.Symlink(search[0], link); err != nil {
		t.Fatal(err)
	}
	_, err := build(t, layertest.Zip(t, "client.zip", layertest.Client(0, 19)), append(search, link))
	mustContain(t, err, "it is for arm64 and the client for x86_64")
	// Two libraries of the client need the library. The error names the first.
	if n := strings.Count(err.Error(), "it is for arm64"); n != 1 {
		t.Errorf("got %q, want the library to be refused once, not %d times", err, n)
	}
}

// Ubuntu 24.04 and Debian 13 have libaio under another name.
func TestRenamedLibaio(t *testing.T) {
	l := libaio(0)
	l.Soname = "libaio.so.1t64"
	r, err := build(t, layertest.Zip(t, "client.zip", layertest.Client(0, 19)),
		machine(t, map[string]layertest.Library{"libaio.so.1t64": l}))
	if err != nil {
		t.Fatal(err)
	}
	if got := contents(t, r.Out)["lib/libaio.so.1"]; got != "file" {
		t.Errorf("got lib/libaio.so.1 %q, want a file of that name, by which the client asks for it", got)
	}
}
