package dms

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// certificate is a certificate with which endpoints encrypt their connections.
type certificate struct {
	sequence   int
	identifier string
	arn        string
	pem        string
	wallet     []byte
	created    time.Time
}

type importCertificateRequest struct {
	CertificateIdentifier string
	CertificatePem        string
	CertificateWallet     []byte
	Tags                  []tag
}

// certificateDescription is the Certificate of the API. Source: API_Certificate of the DMS API reference. Terraform's provider takes
// the wallet of its state from DescribeCertificates, so DMS returns its content (hashicorp/terraform-provider-aws,
// internal/service/dms/certificate.go).
type certificateDescription struct {
	CertificateArn          string
	CertificateCreationDate *gateway.Time
	CertificateIdentifier   string
	CertificatePem          string `json:",omitempty"`
	CertificateWallet       []byte `json:",omitempty"`
}

// maxCertificateName is the largest length of an identifier, in characters. It is that of Terraform's provider: the reference has none.
const maxCertificateName = 255

// importCertificate keeps a certificate as PEM, or an Oracle wallet.
func (s *Service) importCertificate(_ context.Context, r importCertificateRequest) (any, error) {
	if err := checkIdentifier("CertificateIdentifier", r.CertificateIdentifier, maxCertificateName); err != nil {
		return nil, err
	}
	switch {
	case (r.CertificatePem != "") == (len(r.CertificateWallet) > 0):
		return nil, invalidCombination("The embedded AWS wants either CertificatePem or CertificateWallet")
	case r.CertificatePem != "" && !isPEM(r.CertificatePem):
		return nil, gateway.Errorf("InvalidCertificateFault", "The certificate is not valid PEM")
	case len(r.Tags) > 0:
		return nil, invalidValue("the embedded AWS does not implement tags of certificates")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.certificates {
		if strings.EqualFold(other.identifier, r.CertificateIdentifier) {
			return nil, alreadyExists("Certificate %s already exists", r.CertificateIdentifier)
		}
	}
	c := &certificate{
		sequence: s.next(), identifier: strings.ToLower(r.CertificateIdentifier), arn: s.account.ARN("dms", "cert:"+rand.Text()),
		pem: r.CertificatePem, wallet: r.CertificateWallet, created: time.Now(),
	}
	s.certificates[c.arn] = c
	return map[string]any{"Certificate": c.describe()}, nil
}

// SeedCertificate puts a wallet into the account under an ARN. It does nothing if there is one under that ARN.
func (s *Service) SeedCertificate(arn string, wallet []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.certificates[arn] == nil {
		s.certificates[arn] = &certificate{
			sequence: s.next(), identifier: strings.ToLower(lastPart(arn)), arn: arn, wallet: wallet, created: time.Now(),
		}
	}
}

func isPEM(text string) bool {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return false
	}
	_, err := x509.ParseCertificate(block.Bytes)
	return err == nil
}

func (c *certificate) describe() certificateDescription {
	return certificateDescription{
		CertificateArn: c.arn, CertificateCreationDate: gateway.At(c.created), CertificateIdentifier: c.identifier,
		CertificatePem: c.pem, CertificateWallet: c.wallet,
	}
}

func (s *Service) describeCertificates(_ context.Context, p page) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []listed[certificateDescription]
	for _, c := range s.certificates {
		all = append(all, listed[certificateDescription]{c.describe(), c.sequence, map[string][]string{
			"certificate-arn": {c.arn}, "certificate-id": {c.identifier},
		}})
	}
	found, marker, err := list("certificates", all, p, 100, "certificate-arn", "certificate-id")
	if err != nil {
		return nil, err
	}
	return struct {
		Certificates []certificateDescription
		Marker       string `json:",omitempty"`
	}{found, marker}, nil
}

// checkCertificate fails if an endpoint names a certificate that was not imported. The caller holds the lock.
func (s *Service) checkCertificate(e *endpoint) error {
	if e.CertificateArn != "" && s.certificates[e.CertificateArn] == nil {
		return notFound("Certificate %s not found", e.CertificateArn)
	}
	return nil
}
