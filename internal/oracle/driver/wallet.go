package driver

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sijms/go-ora/v2/configurations"
)

// wallet is the content of an Oracle wallet.
type wallet struct {
	certificates []*x509.Certificate // of authorities, and of the client
	keys         []*rsa.PrivateKey   // of the client
}

// addTrusted adds an authority to a wallet.
const addTrusted = "`orapki wallet add -wallet FOLDER -trusted_cert -cert FILE -auto_login_only`, then `aws dms import-certificate`"

// readWallet reads an auto-login wallet, cwallet.sso.
func readWallet(content []byte) (w wallet, err error) {
	const magic, local = "\xa1\xf8N", '8' // cwallet.sso begins with these bytes and 6, 7, or 8 for a local one
	switch {
	case len(content) < 80 || string(content[:3]) != magic:
		return wallet{}, errors.New("the DMS certificate is not an auto-login wallet; import the file cwallet.sso: " +
			"`aws dms import-certificate --certificate-identifier NAME --certificate-wallet fileb://cwallet.sso`")
	case content[3] == local:
		return wallet{}, errors.New("the wallet works only on the machine that made it (auto_login_local); make it with -auto_login_only")
	}
	found, err := parseWallet(content)
	if err != nil {
		return wallet{}, fmt.Errorf("the wallet cannot be read: %w; make it with orapki of Oracle 19c or later: %s", err, addTrusted)
	}
	for _, raw := range found.Certificates {
		certificate, err := x509.ParseCertificate(raw)
		if err != nil {
			return wallet{}, fmt.Errorf("the wallet has a certificate that cannot be read: %w; make the wallet again", err)
		}
		w.certificates = append(w.certificates, certificate)
	}
	for _, raw := range found.PrivateKeys {
		key, err := x509.ParsePKCS1PrivateKey(raw)
		if err != nil {
			return wallet{}, fmt.Errorf("the wallet has a private key that cannot be read: it is no RSA key; make the wallet with one")
		}
		w.keys = append(w.keys, key)
	}
	return w, nil
}

// parseWallet reads a wallet with go-ora, which takes only a file. It panics for some damaged wallets.
func parseWallet(content []byte) (w *configurations.Wallet, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("it is damaged")
		}
	}()
	folder, err := os.MkdirTemp("", "oralake-wallet-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "cwallet.sso")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return nil, err
	}
	return configurations.NewWallet(path)
}
