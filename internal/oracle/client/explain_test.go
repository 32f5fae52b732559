package client_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/oracle/client"
)

// Explain explains the driver's messages. test/checkfunction tests damaged files with the driver itself.
func TestExplain(t *testing.T) {
	t.Setenv("LD_LIBRARY_PATH", "/opt/lib:/var/task")
	located := `ORA-00000: DPI-1047: Cannot locate a 64-bit Oracle Client library: "%s". See https://oracle.github.io/odpi/ for help`
	tests := map[string]struct {
		said, text, fix string
	}{
		"no client": {
			fmt.Sprintf(located, "libclntsh.so: cannot open shared object file: No such file or directory"),
			"there is no Oracle client: no libclntsh.so in /opt/lib, /var/task or the system's folders", "source: {driver: go-ora}",
		},
		"no libaio": {
			fmt.Sprintf(located, "libaio.so.1: cannot open shared object file: No such file or directory"),
			"the Oracle client needs libaio.so.1, and that library is missing", "install package libaio; libaio1 of Debian",
		},
		"no part": {
			fmt.Sprintf(located, "libnnz19.so: cannot open shared object file: No such file or directory"),
			"needs libnnz19.so", "make the layer again",
		},
		"a new glibc": {
			fmt.Sprintf(located, "/lib64/libc.so.6: version `GLIBC_2.38' not found (required by /opt/lib/libaio.so.1)"),
			"/opt/lib/libaio.so.1 needs GLIBC_2.38, and this system is too old for it", "Amazon Linux 2023",
		},
		"something else": {
			fmt.Sprintf(located, "libclntsh.so: invalid ELF header"),
			"the Oracle client cannot be loaded: libclntsh.so: invalid ELF header", "make the layer again",
		},
		"too old": {
			"ORA-00000: DPI-1050: Oracle Client library is at version 18.5 but version 19.1 or higher is needed",
			"the Oracle client is version 18.5, and the driver needs 19.1 or newer", "download Instant Client 19 or 23",
		},
		"incomplete": {
			"DPI-1049: symbol OCIServerAttach not found in OCI library", "the Oracle client has no function OCIServerAttach",
			"make the layer again",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			text, fix, known := client.Explain(errors.New(test.said))
			if !known || !strings.Contains(text, test.text) || !strings.Contains(fix, test.fix) {
				t.Errorf("got %q, %q, known %t, want %q, %q", text, fix, known, test.text, test.fix)
			}
		})
	}
	text, fix, known := client.ExplainHere(
		fmt.Errorf(located, "libaio.so.1: cannot open shared object file: No such file"))
	if !known || !strings.Contains(text, "needs libaio.so.1") || !strings.HasPrefix(fix, "install package libaio; ") ||
		strings.Contains(fix, "layer") {
		t.Errorf("on a person's machine: got %q, %q, known %t, want libaio and no word about a layer", text, fix, known)
	}
	for _, err := range []error{nil, errors.New("ORA-01017: invalid username/password; logon denied")} {
		if text, _, known := client.Explain(err); known {
			t.Errorf("got %q for %v, which is not the client's", text, err)
		}
		if text, _, known := client.ExplainHere(err); known {
			t.Errorf("got %q for %v, which is not the client's", text, err)
		}
	}
}

// Explain knows an error of Check, also if it is wrapped.
func TestCheckFindsDamage(t *testing.T) {
	folder := t.TempDir()
	if err := client.Check([]string{folder}); err != nil {
		t.Errorf("got %v for an empty folder, want nothing: the system may have the client in another folder", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "libclntsh.so"), []byte("libclntsh.so.23.1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := client.Check([]string{t.TempDir(), folder})
	if err == nil || !strings.Contains(err.Error(), "text file with the name libclntsh.so.23.1") {
		t.Errorf("got %v, want a text file instead of a link", err)
	}
	text, fix, known := client.Explain(fmt.Errorf("connect: %w", err))
	if !known || text != "the Oracle client was not loaded" || !strings.Contains(fix, "make the layer again") {
		t.Errorf("got %q, %q, known %t", text, fix, known)
	}
	text, fix, known = client.ExplainHere(fmt.Errorf("connect: %w", err))
	if !known || text != "the Oracle client was not loaded" || !strings.Contains(fix, "-tags goora") ||
		!strings.Contains(fix, "LD_LIBRARY_PATH") || strings.Contains(fix, "deploy") {
		t.Errorf("on a person's machine: got %q, %q, known %t", text, fix, known)
	}
}
