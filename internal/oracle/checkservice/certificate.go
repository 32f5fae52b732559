package checkservice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
)

// Certificate is what a client needs to check the certificate of a database: the DMS certificate of the endpoint. It has a wallet or
// PEM.
type Certificate struct {
	Wallet []byte // an auto-login wallet, cwallet.sso
	PEM    string // certificates of authorities
}

// Certificates returns the DMS certificate with an ARN.
type Certificates func(ctx context.Context, arn string) (Certificate, error)

// read returns a certificate, or nil for an empty ARN.
func (c Certificates) read(ctx context.Context, arn string) (*Certificate, error) {
	if arn == "" {
		return nil, nil
	}
	found, err := c(ctx, arn)
	if err != nil {
		return nil, fmt.Errorf("read the certificate %s: %w", arn, err)
	}
	if len(found.Wallet) == 0 && found.PEM == "" {
		return nil, fmt.Errorf("read the certificate %s: DMS returns neither a wallet nor PEM; write check: off", arn)
	}
	return &found, nil
}

// certificateOf returns the certificate of a file.
func certificateOf(content []byte) *Certificate {
	if bytes.Contains(content, []byte("-----BEGIN CERTIFICATE-----")) {
		return &Certificate{PEM: string(content)}
	}
	return &Certificate{Wallet: content}
}

// ReadCertificate reads a DMS certificate with the AWS credentials of this machine.
func ReadCertificate(ctx context.Context, arn string) (Certificate, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return Certificate{}, err
	}
	return certificates(cfg)(ctx, arn)
}

// answerTime is how long DMS may take to answer. Without a route to DMS nothing answers, and the SDK would try for minutes.
const answerTime = 20 * time.Second

// certificates returns a function that reads certificates from DMS.
func certificates(cfg aws.Config) Certificates {
	return func(ctx context.Context, arn string) (Certificate, error) {
		limited, cancel := context.WithTimeout(ctx, answerTime)
		defer cancel()
		out, err := databasemigrationservice.NewFromConfig(cfg).DescribeCertificates(limited,
			&databasemigrationservice.DescribeCertificatesInput{
				Filters: []types.Filter{{Name: aws.String("certificate-arn"), Values: []string{arn}}},
			})
		switch {
		case err != nil && limited.Err() != nil && ctx.Err() == nil:
			return Certificate{}, fmt.Errorf("the API of DMS does not answer in %s: the function needs a route to it; add an interface VPC "+
				"endpoint com.amazonaws.%s.dms to the subnets of the replication instance, or a NAT gateway", answerTime, cfg.Region)
		case errors.As(err, new(*types.ResourceNotFoundFault)) || err == nil && len(out.Certificates) == 0:
			return Certificate{}, errors.New("it does not exist; import the wallet with `aws dms import-certificate` and write its ARN: " +
				"source: {certificateArn: ARN}")
		case err != nil:
			return Certificate{}, err
		}
		found := out.Certificates[0]
		return Certificate{Wallet: found.CertificateWallet, PEM: aws.ToString(found.CertificatePem)}, nil
	}
}
