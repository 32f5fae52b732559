//go:build cgo && !goora

package driver

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/oralake/oralake/internal/oracle/checkservice"
)

// configure writes the files that tell Oracle's client of TLS, cwallet.sso and sqlnet.ora, and returns their folder. The client reads
// sqlnet.ora at its first connection and not again. All connections of a process have the same certificate.
//
// The parameters are those of the Database Net Services Reference. As DMS does with verify-ca, the client does not compare the
// certificate of the database with the host's name.
func configure(c checkservice.Certificate) (folder string, err error) {
	if len(c.Wallet) == 0 {
		return "", errors.New("the DMS certificate is PEM, and Oracle's client reads only wallets; import the file cwallet.sso with " +
			"`aws dms import-certificate --certificate-wallet fileb://cwallet.sso`, or write source: {driver: go-ora}")
	}
	// A wallet that readWallet does not understand, such as one of an old orapki, may be one that Oracle's client does.
	own := "FALSE"
	if w, err := readWallet(c.Wallet); err == nil && len(w.keys) > 0 {
		own = "TRUE"
	}
	sum := sha256.Sum256(c.Wallet)
	folder = filepath.Join(os.TempDir(), fmt.Sprintf("oralake-wallet-%x", sum[:8]))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("write the wallet: %w", err)
	}
	parameters := "WALLET_LOCATION = (SOURCE = (METHOD = FILE) (METHOD_DATA = (DIRECTORY = " + folder + ")))\n" +
		"SSL_SERVER_DN_MATCH = NO\n" +
		"SSL_CLIENT_AUTHENTICATION = " + own + "\n"
	for name, content := range map[string][]byte{"cwallet.sso": c.Wallet, "sqlnet.ora": []byte(parameters)} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return "", fmt.Errorf("write the wallet: %w", err)
		}
	}
	return folder, nil
}
