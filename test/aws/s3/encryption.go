package s3

import (
	"net/http"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Keys finds the KMS keys of the account.
type Keys interface {
	// Usable returns the ARN of a key. id is a key id, an ARN or an alias. It returns an error when the key does not
	// exist, is disabled or is pending deletion.
	Usable(id string) (arn string, err error)
	// Access is an action on a key that the caller of a service needs; ok is false for a key that AWS manages.
	Access(action, keyID, via string, context map[string]string) (a gateway.Access, ok bool)
}

// UseKeys makes the service check KMS keys: writing an object with a key that is not usable fails. Without UseKeys the
// service accepts every key. The caller calls UseKeys before the first request.
func (s *Service) UseKeys(keys Keys) { s.keys = keys }

// The headers that describe the encryption of an object.
const (
	sseAlgorithm = "X-Amz-Server-Side-Encryption"
	sseKey       = "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"
	sseBucketKey = "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled"
)

// plainAlgorithm is the encryption with S3's own keys. It is the default.
const plainAlgorithm = "AES256"

var algorithms = []string{plainAlgorithm, "aws:kms", "aws:kms:dsse"}

// encrypt completes the encryption headers of a request that creates an object: from the settings of the bucket when
// the request has none. The service does not encrypt objects. It stores the headers and returns them with the object.
func (s *Service) encrypt(bucketName string, h http.Header) error {
	rule := s.bucketSettings(bucketName).BucketEncryption.rules()[0]
	if h.Get(sseAlgorithm) == "" {
		if h.Get(sseKey) != "" {
			return gateway.Errorf("InvalidArgument", "%s is set without %s aws:kms", sseKey, sseAlgorithm)
		}
		h.Set(sseAlgorithm, rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm)
		if key := rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID; key != "" {
			h.Set(sseKey, key)
		}
	}
	algorithm := h.Get(sseAlgorithm)
	switch {
	case !slices.Contains(algorithms, algorithm):
		return gateway.Errorf("InvalidEncryptionAlgorithmError",
			"the encryption %s: want one of %s", algorithm, strings.Join(algorithms, ", "))
	case algorithm == plainAlgorithm && h.Get(sseKey) != "":
		return gateway.Errorf("InvalidArgument", "%s AES256 and %s are mutually exclusive", sseAlgorithm, sseKey)
	case algorithm == plainAlgorithm:
		h.Del(sseBucketKey)
		return nil
	}
	if h.Get(sseBucketKey) == "" && rule.BucketKeyEnabled {
		h.Set(sseBucketKey, "true")
	}
	id := h.Get(sseKey)
	if id == "" {
		// The AWS managed key for S3.
		h.Set(sseKey, s.acct.ARN("kms", "alias/aws/s3"))
		return nil
	}
	if s.keys != nil && !strings.HasSuffix(id, "alias/aws/s3") {
		arn, err := s.keys.Usable(id)
		if err != nil {
			return err
		}
		h.Set(sseKey, arn)
	}
	return nil
}

// copyEncryptionHeaders copies the encryption headers of a request to its response.
func copyEncryptionHeaders(response, request http.Header) {
	for _, name := range []string{sseAlgorithm, sseKey, sseBucketKey} {
		if value := request.Get(name); value != "" {
			response.Set(name, value)
		}
	}
}

// dropKeyHeaders deletes the KMS headers of an object with plainAlgorithm: a copy has them from its source.
func dropKeyHeaders(meta map[string]string) {
	if meta[sseAlgorithm] == plainAlgorithm {
		delete(meta, sseKey)
		delete(meta, sseBucketKey)
	}
}
