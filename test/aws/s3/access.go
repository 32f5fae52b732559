package s3

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/johannesboyne/gofakes3"

	"github.com/oralake/oralake/test/aws/gateway"
)

// objectActions and bucketActions are the actions as which operations on objects and on buckets are authorised. Source: "Required
// permissions for Amazon S3 API operations" of the user guide. DeleteObjects is not here: see serveAllowedDeletes.
var (
	objectActions = map[string]string{
		"GetObject": "s3:GetObject", "HeadObject": "s3:GetObject", "PutObject": "s3:PutObject", "CopyObject": "s3:PutObject",
		"DeleteObject": "s3:DeleteObject", "CreateMultipartUpload": "s3:PutObject", "UploadPart": "s3:PutObject",
		"CompleteMultipartUpload": "s3:PutObject", "AbortMultipartUpload": "s3:AbortMultipartUpload",
		"ListParts": "s3:ListMultipartUploadParts",
	}
	bucketActions = map[string]string{
		"HeadBucket": "s3:ListBucket", "ListObjects": "s3:ListBucket", "ListObjectsV2": "s3:ListBucket",
		"GetBucketLocation": "s3:GetBucketLocation", "GetBucketEncryption": "s3:GetEncryptionConfiguration",
		"GetBucketPolicy": "s3:GetBucketPolicy", "GetBucketVersioning": "s3:GetBucketVersioning",
		"GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock", "ListMultipartUploads": "s3:ListBucketMultipartUploads",
	}
)

// Needs says as what the calls of roles are authorised. The request of a new object has its encryption headers.
func (s *Service) Needs() map[string]gateway.Needs {
	needs := map[string]gateway.Needs{
		// Each object is decided about by itself: see serveAllowedDeletes.
		"DeleteObjects": func(gateway.Input) ([]gateway.Access, error) { return nil, nil },
	}
	for operation, action := range objectActions {
		needs[operation] = func(in gateway.Input) ([]gateway.Access, error) {
			bucketName, key := place(in.Request.URL.Path)
			return s.objectNeeds(operation, s.objectAccess(action, bucketName, key), bucketName, key, in.Request.Header), nil
		}
	}
	for operation, action := range bucketActions {
		needs[operation] = func(in gateway.Input) ([]gateway.Access, error) {
			bucketName, _ := place(in.Request.URL.Path)
			a := s.bucketAccess(action, bucketName)
			if prefix := in.Request.URL.Query()["prefix"]; action == "s3:ListBucket" && len(prefix) > 0 {
				a.Keys = map[string][]string{"s3:prefix": {prefix[0]}}
			}
			return []gateway.Access{a}, nil
		}
	}
	return needs
}

// place splits the path of a request, /BUCKET/KEY.
func place(path string) (bucketName, key string) {
	bucketName, key, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return bucketName, key
}

func (s *Service) objectNeeds(operation string, own gateway.Access, bucketName, key string, h http.Header) []gateway.Access {
	needs := []gateway.Access{own}
	switch operation {
	case "PutObject":
		return s.withKey(needs, bucketName, key, h, "GenerateDataKey")
	case "CreateMultipartUpload":
		// Parts are encrypted with the key of the upload: "Multipart upload API and permissions" of the user guide.
		return s.withKey(needs, bucketName, key, h, "GenerateDataKey", "Decrypt")
	case "GetObject", "HeadObject":
		return s.withKey(needs, bucketName, key, s.objectHeaders(bucketName, key), "Decrypt")
	case "CopyObject":
		needs = s.withKey(needs, bucketName, key, h, "GenerateDataKey", "Decrypt")
		from, fromKey := place(h.Get("X-Amz-Copy-Source"))
		needs = append(needs, s.objectAccess("s3:GetObject", from, fromKey))
		return s.withKey(needs, from, fromKey, s.objectHeaders(from, fromKey), "Decrypt")
	}
	return needs
}

// authorize decides about a request of a role. The request has the encryption headers of a new object.
func (s *Service) authorize(r *http.Request, operation string) error {
	if err := gateway.AuthorizeRequest(r); err != nil || operation != "GetObject" && operation != "HeadObject" {
		return err
	}
	return s.authorizeMissing(r)
}

func (s *Service) bucketAccess(action, bucketName string) gateway.Access {
	return gateway.Access{Action: action, Resource: "arn:aws:s3:::" + bucketName, Policy: string(s.Policy(bucketName))}
}

func (s *Service) objectAccess(action, bucketName, key string) gateway.Access {
	return gateway.Access{Action: action, Resource: "arn:aws:s3:::" + bucketName + "/" + key, Policy: string(s.Policy(bucketName))}
}

// withKey adds what the caller needs of the KMS key that the headers of an object name. The encryption context is the ARN of the
// bucket for a bucket key, and else that of the object: "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys" of the user guide.
func (s *Service) withKey(needs []gateway.Access, bucketName, key string, h http.Header, actions ...string) []gateway.Access {
	id := h.Get(sseKey)
	if s.keys == nil || id == "" {
		return needs
	}
	context := "arn:aws:s3:::" + bucketName + "/" + key
	if h.Get(sseBucketKey) == "true" {
		context = "arn:aws:s3:::" + bucketName
	}
	for _, action := range actions {
		if a, ok := s.keys.Access(action, id, "s3", map[string]string{"aws:s3:arn": context}); ok {
			needs = append(needs, a)
		}
	}
	return needs
}

// objectHeaders returns the headers of a stored object; none if there is no such object.
func (s *Service) objectHeaders(bucketName, key string) http.Header {
	h := http.Header{}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	if o, err := s.store.find(bucketName, key); err == nil {
		for name, value := range o.meta {
			h.Set(name, value)
		}
	}
	return h
}

// authorizeMissing fails with AccessDenied for an object that does not exist, unless the sender may list the bucket: only then S3
// answers that the object does not exist ("GetObject" of the API reference, "Permissions").
func (s *Service) authorizeMissing(r *http.Request) error {
	bucketName, key := place(r.URL.Path)
	s.store.mu.RLock()
	_, err := s.store.find(bucketName, key)
	s.store.mu.RUnlock()
	if err == nil {
		return nil
	}
	return gateway.AuthorizeCall(r.Context(), s.bucketAccess("s3:ListBucket", bucketName))
}

// serveAllowedDeletes answers a DeleteObjects of which the sender may not delete every object: as in S3, the others are deleted,
// and the answer has an error for each object that is not. served is false for a request that may delete all its objects; its
// body can be read again.
func (s *Service) serveAllowedDeletes(w http.ResponseWriter, r *http.Request, bucketName string) (served bool, err error) {
	if gateway.IsUnlimited(r.Context()) {
		return false, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var in gofakes3.DeleteRequest
	if err := xml.Unmarshal(body, &in); err != nil {
		return false, nil // gofakes3 says what is wrong.
	}
	var keys []string
	var out gofakes3.MultiDeleteResult
	for _, o := range in.Objects {
		err := gateway.AuthorizeCall(r.Context(), s.objectAccess("s3:DeleteObject", bucketName, o.Key))
		var refused *gateway.Error
		switch {
		case err == nil:
			keys = append(keys, o.Key)
		case errors.As(err, &refused):
			out.Error = append(out.Error, gofakes3.ErrorResult{Key: o.Key, Code: gofakes3.ErrorCode(refused.Code), Message: refused.Message})
		default:
			return false, err
		}
	}
	if len(out.Error) == 0 {
		return false, nil
	}
	deleted, err := s.store.DeleteMulti(bucketName, keys...)
	if err != nil {
		return false, err
	}
	out.Error = slices.Concat(out.Error, deleted.Error)
	if !in.Quiet {
		out.Deleted = deleted.Deleted
	}
	w.Header().Set("Content-Type", "application/xml")
	return true, xml.NewEncoder(w).Encode(out)
}
