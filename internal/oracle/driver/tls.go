//go:build goora

package driver

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/oralake/oralake/internal/oracle/checkservice"
)

// tlsConfig returns the configuration of connections to a database whose certificate must come from an authority of the wallet. As
// DMS does with verify-ca, it does not compare the certificate with the host's name.
func tlsConfig(c checkservice.Certificate) (*tls.Config, error) {
	trusted, own, err := authorities(c)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		// An RDS database has TLS 1.0 and SSL_RSA_WITH_AES_256_CBC_SHA if its option group says nothing else
		// (AmazonRDS/latest/UserGuide/Appendix.Oracle.Options.SSL). Both sides choose the best version and suite that both have.
		MinVersion: tls.VersionTLS10, CipherSuites: suites(),
		Certificates:       own,
		InsecureSkipVerify: true, // VerifyConnection verifies all but the host's name
		VerifyConnection:   func(s tls.ConnectionState) error { return verify(s.PeerCertificates, trusted) },
	}, nil
}

// verify checks that a certificate comes from a trusted authority and is valid now.
func verify(chain []*x509.Certificate, trusted *x509.CertPool) error {
	if len(chain) == 0 {
		return errors.New("the database has no certificate")
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: trusted, Intermediates: between})
	if err != nil {
		return fmt.Errorf("the database's certificate %q: %w", chain[0].Subject, err)
	}
	return nil
}

// suites are the suites that Go has with AES. Go offers those with an RSA key exchange only if they are listed.
func suites() (ids []uint16) {
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if strings.Contains(s.Name, "_AES_") {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// authorities returns the trusted authorities of a certificate, and the certificates of the client itself, with their keys.
func authorities(c checkservice.Certificate) (trusted *x509.CertPool, own []tls.Certificate, err error) {
	trusted = x509.NewCertPool()
	if len(c.Wallet) == 0 {
		if !trusted.AppendCertsFromPEM([]byte(c.PEM)) {
			return nil, nil, errors.New("the DMS certificate has no certificate in PEM; import it again with `aws dms import-certificate`")
		}
		return trusted, nil, nil
	}
	w, err := readWallet(c.Wallet)
	if err != nil {
		return nil, nil, err
	}
	for _, certificate := range w.certificates {
		i := slices.IndexFunc(w.keys, func(k *rsa.PrivateKey) bool { return k.PublicKey.Equal(certificate.PublicKey) })
		if i < 0 {
			trusted.AddCert(certificate)
			continue
		}
		own = append(own, tls.Certificate{Certificate: [][]byte{certificate.Raw}, PrivateKey: w.keys[i], Leaf: certificate})
	}
	if len(own) == len(w.certificates) {
		return nil, nil, errors.New("the wallet trusts no authority; add the database's: " + addTrusted)
	}
	return trusted, own, nil
}
