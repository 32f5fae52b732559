// Package s3 is S3 on one machine: buckets whose objects are plain files that a person can open. gofakes3 speaks the
// protocol; this package keeps the bytes, refuses what is not implemented, and lets CloudFormation make buckets.
//
// Nothing is encrypted, though objects tell how they would be, and neither lifecycle rules nor access logs are acted
// upon: a bucket's settings are kept and can be read back. Old versions are not kept, so versioning is refused.
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
	fake  http.Handler
	keys  Keys // nil when keys are not looked at

	mu       sync.RWMutex
	settings map[string]bucketProperties
	policies map[string]json.RawMessage
}

// New makes an S3 that keeps its objects as dir/BUCKET/KEY, or in memory when dir is empty, and that has the bucket
// which the CDK puts assets into. Buckets that dir holds already are there again.
func New(acct account.Account, dir string) (*Service, error) {
	held, err := newStore(dir)
	if err != nil {
		return nil, err
	}
	s := &Service{
		acct: acct, store: held,
		fake:     gofakes3.New(held, gofakes3.WithTimeSkewLimit(0), gofakes3.WithoutVersioning()).Server(),
		settings: map[string]bucketProperties{},
		policies: map[string]json.RawMessage{},
	}
	assets := AssetsBucket(acct)
	if exists, _ := held.BucketExists(assets); !exists {
		if err := held.CreateBucket(assets); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// AssetsBucket is the bucket of the CDK's bootstrap stack.
func AssetsBucket(acct account.Account) string {
	return "cdk-hnb659fds-assets-" + acct.ID + "-" + acct.Region
}

// Folder is where a bucket's objects lie, empty when they are in memory.
func (s *Service) Folder(bucketName string) string {
	if s.store.dir == "" {
		return ""
	}
	return filepath.Join(s.store.dir, bucketName)
}

// Policy is the bucket's policy document, nil when it has none.
func (s *Service) Policy(bucketName string) json.RawMessage {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.policies[bucketName]
}

// Handler answers requests signed for "s3", with the bucket in the path.
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
	if answer, ok := settingsOperations[name]; ok {
		s.serveSettings(w, r, bucketName, answer)
		return
	}
	plain := r.Clone(r.Context())
	switch name {
	case "PutObject", "CopyObject", "CreateMultipartUpload":
		if err := s.encrypt(bucketName, plain.Header); err != nil {
			writeError(w, r, err)
			return
		}
	}
	switch name {
	case "PutObject", "UploadPart", "DeleteObjects":
		if err := plainBody(plain); err != nil {
			writeError(w, r, err)
			return
		}
	case "CreateBucket":
		if err := s.checkLocation(r); err != nil {
			writeError(w, r, err)
			return
		}
	}
	tellEncryption(w.Header(), plain.Header)
	s.fake.ServeHTTP(&answer{ResponseWriter: w, checksums: r.Header.Get("X-Amz-Checksum-Mode") == "ENABLED"}, plain)
	if name == "DeleteBucket" {
		s.forgetSettings(bucketName)
	}
}

// checkOwner honours x-amz-expected-bucket-owner: all buckets here belong to the one account.
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
		return nil // no body: the bucket goes where everything goes
	}
	if in.LocationConstraint != "" && in.LocationConstraint != s.acct.Region {
		return gateway.Errorf("IllegalLocationConstraintException",
			"the embedded AWS is in %s only, not in %s", s.acct.Region, in.LocationConstraint)
	}
	return nil
}

// answer keeps checksums out of answers that did not ask for them.
type answer struct {
	http.ResponseWriter
	checksums bool
}

func (a *answer) WriteHeader(status int) {
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

// writeError answers an error, of gofakes3 or of this package, in S3's form.
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
