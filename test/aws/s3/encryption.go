package s3

import (
	"net/http"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Keys knows the KMS keys of the account.
type Keys interface {
	// Usable is the ARN of the key of an id, ARN or alias. The error says why the key cannot be used: there is none, or it
	// is disabled or pending deletion.
	Usable(id string) (arn string, err error)
}

// UseKeys has objects that are to be encrypted with a KMS key refused when keys says that the key cannot be used.
// Without it every key is taken. It must be called before the first request.
func (s *Service) UseKeys(keys Keys) { s.keys = keys }

// The headers that say how an object is encrypted.
const (
	sseAlgorithm = "X-Amz-Server-Side-Encryption"
	sseKey       = "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"
	sseBucketKey = "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled"
)

// plainAlgorithm is the encryption with S3's own keys, which every object has unless another is asked for.
const plainAlgorithm = "AES256"

var algorithms = []string{plainAlgorithm, "aws:kms", "aws:kms:dsse"}

// encrypt says on a request that makes an object how the object is to be encrypted, if the request does not say it: as
// its bucket's settings have it. Nothing is encrypted, but the object tells the same again.
func (s *Service) encrypt(bucketName string, h http.Header) error {
	rule := s.bucketSettings(bucketName).BucketEncryption.rules()[0]
	if h.Get(sseAlgorithm) == "" {
		if h.Get(sseKey) != "" {
			return gateway.Errorf("InvalidArgument", "%s needs %s aws:kms", sseKey, sseAlgorithm)
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
		return gateway.Errorf("InvalidArgument", "%s AES256 takes no %s", sseAlgorithm, sseKey)
	case algorithm == plainAlgorithm:
		h.Del(sseBucketKey)
		return nil
	}
	if h.Get(sseBucketKey) == "" && rule.BucketKeyEnabled {
		h.Set(sseBucketKey, "true")
	}
	id := h.Get(sseKey)
	if id == "" {
		// The key that AWS itself keeps for S3.
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

// tellEncryption answers how an object that a request makes is encrypted.
func tellEncryption(answer, request http.Header) {
	for _, name := range []string{sseAlgorithm, sseKey, sseBucketKey} {
		if value := request.Get(name); value != "" {
			answer.Set(name, value)
		}
	}
}

// keptEncryption drops what a copy has from its source and not for itself.
func keptEncryption(meta map[string]string) {
	if meta[sseAlgorithm] == plainAlgorithm {
		delete(meta, sseKey)
		delete(meta, sseBucketKey)
	}
}
