//go:build cgo && !goora

package driver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/oracle/checkservice"
)

// The files of Oracle's client are in a folder that only this user can read.
func TestClientFiles(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	from, until := yearOf(time.Now())
	authority := issue(t, "authority", nil, from, until)
	client := issue(t, "client", &authority, from, until)
	for own, wallet := range map[string][]byte{
		"FALSE": walletOf(t, []issued{authority}, nil), "TRUE": walletOf(t, []issued{authority}, &client),
	} {
		folder, err := configure(checkservice.Certificate{Wallet: wallet})
		if err != nil {
			t.Fatal(err)
		}
		again, err := configure(checkservice.Certificate{Wallet: wallet})
		if err != nil || again != folder {
			t.Errorf("again in %s, %v; want the same folder", again, err)
		}
		want := "WALLET_LOCATION = (SOURCE = (METHOD = FILE) (METHOD_DATA = (DIRECTORY = " + folder + ")))\n" +
			"SSL_SERVER_DN_MATCH = NO\nSSL_CLIENT_AUTHENTICATION = " + own + "\n"
		if got, err := os.ReadFile(filepath.Join(folder, "sqlnet.ora")); err != nil || string(got) != want {
			t.Errorf("sqlnet.ora is %q, %v; want %q", got, err, want)
		}
		if got, err := os.ReadFile(filepath.Join(folder, "cwallet.sso")); err != nil || string(got) != string(wallet) {
			t.Errorf("cwallet.sso has %d bytes, %v; want the wallet", len(got), err)
		}
		if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("folder %v, %v; want one for this user only", info.Mode(), err)
		}
	}
	if _, err := configure(checkservice.Certificate{PEM: "x"}); err == nil || !strings.Contains(err.Error(), "reads only wallets") {
		t.Errorf("PEM: got %v, want that the client reads only wallets", err)
	}
}
