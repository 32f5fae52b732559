package dms_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
)

// An imported wallet can be read by its ARN. An endpoint with a certificate that was not imported is refused.
func TestCertificates(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, database, "")
		describe := func(arn string) (*databasemigrationservice.DescribeCertificatesOutput, error) {
			return c.client.DescribeCertificates(c.ctx, &databasemigrationservice.DescribeCertificatesInput{
				Filters: []types.Filter{{Name: aws.String("certificate-arn"), Values: []string{arn}}},
			})
		}
		none := "arn:aws:dms:eu-west-1:111122223333:cert:NONE"
		if _, err := describe(none); !errors.As(err, new(*types.ResourceNotFoundFault)) {
			t.Errorf("a certificate that does not exist: got %v, want a ResourceNotFoundFault", err)
		}
		wallet := []byte("\xa1\xf8N6 wallet")
		made, err := c.client.ImportCertificate(c.ctx, &databasemigrationservice.ImportCertificateInput{
			CertificateIdentifier: aws.String("Sales-Wallet"), CertificateWallet: wallet,
		})
		if err != nil {
			t.Fatal(err)
		}
		arn := aws.ToString(made.Certificate.CertificateArn)
		found, err := describe(arn)
		if err != nil || len(found.Certificates) != 1 || string(found.Certificates[0].CertificateWallet) != string(wallet) ||
			aws.ToString(found.Certificates[0].CertificateIdentifier) != "sales-wallet" {
			t.Errorf("got %+v, %v; want the wallet", found, err)
		}
		for name, in := range map[string]databasemigrationservice.ImportCertificateInput{
			"the same name": {CertificateIdentifier: aws.String("sales-wallet"), CertificateWallet: wallet},
			"no content":    {CertificateIdentifier: aws.String("empty")},
			"no PEM":        {CertificateIdentifier: aws.String("text"), CertificatePem: aws.String("hello")},
		} {
			if _, err := c.client.ImportCertificate(c.ctx, &in); err == nil {
				t.Errorf("%s: imported, want an error", name)
			}
		}
		for certificate, want := range map[string]string{none: "Certificate " + none + " not found", arn: ""} {
			_, err := c.dms.Resources()["AWS::DMS::Endpoint"].Create(context.WithoutCancel(c.ctx), request("TLS"+certificate[len(certificate)-4:],
				`{"EndpointType":"source","EngineName":"oracle","DatabaseName":"SHOPPDB","SslMode":"verify-ca","CertificateArn":"`+certificate+`",
				"OracleSettings":{"SecretsManagerAccessRoleArn":"`+secretRole+`","SecretsManagerSecretId":"`+secretID+`"}}`))
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("an endpoint with %s: %v, want %q", certificate, err, want)
			}
		}
	})
}
