// Package s3 is the S3 of the embedded AWS. Objects are plain files that people can open. gofakes3 implements the
// protocol. This package stores the objects, returns an error for what is not implemented, and creates buckets for
// CloudFormation.
//
// The package stores the settings of a bucket and returns them, but most have no effect. It does not encrypt objects:
// it returns the encryption headers that AWS would return. It does not apply lifecycle rules, and it writes no access
// logs. It does not store old versions: versioning is not implemented.
package s3

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"path/filepath"
	"sync"

	"github.com/johannesboyne/gofakes3"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Service is the S3 of one account. It is safe for concurrent use.
type Service struct {
	acct  account.Account
	store *store
	fake  http.Handler // gofakes3
	keys  Keys         // nil without UseKeys

	mu       sync.RWMutex
	settings map[string]bucketProperties
	policies map[string]json.RawMessage
}

// New returns an S3 that stores its objects as dir/BUCKET/KEY, or in memory when dir is empty. It has the buckets that
// are in dir, and it creates AssetsBucket when that is missing. It returns an error when it cannot read or write dir.
func New(acct account.Account, dir string) (*Service, error) {
	st, err := newStore(dir)
	if err != nil {
		return nil, err
	}
	s := &Service{
		acct: acct, store: st,
		fake:     gofakes3.New(st, gofakes3.WithTimeSkewLimit(0), gofakes3.WithoutVersioning()).Server(),
		settings: map[string]bucketProperties{},
		policies: map[string]json.RawMessage{},
	}
	assets := AssetsBucket(acct)
	if exists, _ := st.BucketExists(assets); !exists {
		if err := st.CreateBucket(assets); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// AssetsBucket returns the name of the bucket of the CDK's bootstrap stack.
func AssetsBucket(acct account.Account) string {
	return "cdk-hnb659fds-assets-" + acct.ID + "-" + acct.Region
}

// Folder returns the folder of a bucket's objects. It is empty when objects are in memory.
func (s *Service) Folder(bucketName string) string {
	if s.store.dir == "" {
		return ""
	}
	return filepath.Join(s.store.dir, bucketName)
}

// Policy returns the policy document of a bucket, or nil when the bucket has none.
func (s *Service) Policy(bucketName string) json.RawMessage {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.policies[bucketName]
}

// Handler serves the API of S3, with path-style requests. The signing name is "s3".
func (s *Service) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	name, bucketName, err := operation(r)
	gateway.SetOperation(r.Context(), name)
	if err == nil {
		err = s.checkOwner(r)
	}
	if err != nil {
		writeError(w, r, err)
		return
	}
	decoded := r.Clone(r.Context())
	switch name {
	case "PutObject", "CopyObject", "CreateMultipartUpload":
		if err := s.encrypt(bucketName, decoded.Header); err != nil {
			writeError(w, r, err)
			return
		}
	}
	if err := s.authorize(decoded, name); err != nil {
		writeError(w, r, err)
		return
	}
	if answer, ok := settingsOperations[name]; ok {
		s.serveSettings(w, r, bucketName, answer)
		return
	}
	switch name {
	case "PutObject", "UploadPart", "DeleteObjects":
		if err := decodeBody(decoded); err != nil {
			writeError(w, r, err)
			return
		}
	case "CreateBucket":
		if err := s.checkLocation(r); err != nil {
			writeError(w, r, err)
			return
		}
	}
	if name == "DeleteObjects" {
		served, err := s.serveAllowedDeletes(w, decoded, bucketName)
		if err != nil {
			writeError(w, r, err)
		}
		if served || err != nil {
			return
		}
	}
	copyEncryptionHeaders(w.Header(), decoded.Header)
	s.fake.ServeHTTP(&answer{ResponseWriter: w, checksums: r.Header.Get("X-Amz-Checksum-Mode") == "ENABLED"}, decoded)
	if name == "DeleteBucket" {
		s.deleteSettings(bucketName)
	}
}

// checkOwner returns AccessDenied when x-amz-expected-bucket-owner is another account: one account owns all buckets.
func (s *Service) checkOwner(r *http.Request) error {
	if owner := r.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "" && owner != s.acct.ID {
		return &gateway.Error{
			Code: "AccessDenied", Status: http.StatusForbidden,
			Message: "the bucket belongs to account " + s.acct.ID + ", not to " + owner,
		}
	}
	return nil
}

func (s *Service) checkLocation(r *http.Request) error {
	var in struct{ LocationConstraint string }
	if err := xml.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil // no body: the bucket is in the region of the account
	}
	if in.LocationConstraint != "" && in.LocationConstraint != s.acct.Region {
		return gateway.Errorf("IllegalLocationConstraintException",
			"the embedded AWS has only the region %s, not %s", s.acct.Region, in.LocationConstraint)
	}
	return nil
}

// answer removes checksum headers from a response when the request did not ask for them, and from the response 304 Not
// Modified, which has none on S3 (boto3 compares them with the empty body).
type answer struct {
	http.ResponseWriter
	checksums bool
}

func (a *answer) WriteHeader(status int) {
	a.checksums = a.checksums && status != http.StatusNotModified
	a.dropChecksums()
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	a.dropChecksums()
	return a.ResponseWriter.Write(p)
}

func (a *answer) dropChecksums() {
	if !a.checksums {
		a.Header().Del("X-Amz-Checksum-Crc32")
		a.Header().Del("X-Amz-Checksum-Type")
	}
}

// writeError writes an error of gofakes3 or of this package in the form of S3.
func writeError(w http.ResponseWriter, r *http.Request, err error) {
	var theirs gofakes3.Error
	if errors.As(err, &theirs) {
		code := theirs.ErrorCode()
		err = &gateway.Error{Code: string(code), Message: err.Error(), Status: code.Status()}
	}
	gateway.WriteError(w, r, err)
}

func notImplemented(what string) error {
	return &gateway.Error{
		Code: "NotImplemented", Status: http.StatusNotImplemented, Message: "the embedded AWS does not implement s3: " + what,
	}
}
