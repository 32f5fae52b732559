package s3

import (
	"encoding/xml"
	"net/http"

	"github.com/johannesboyne/gofakes3"

	"github.com/oralake/oralake/test/aws/gateway"
)

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// settingsOperations are the operations that return the settings of a bucket.
var settingsOperations = map[string]func(s *Service, bucketName string) (any, error){
	"GetBucketLocation":    (*Service).location,
	"GetBucketEncryption":  (*Service).encryption,
	"GetBucketVersioning":  (*Service).versioning,
	"GetPublicAccessBlock": (*Service).publicAccessBlock,
	"GetBucketPolicy":      (*Service).bucketPolicy,
}

func (s *Service) serveSettings(
	w http.ResponseWriter, r *http.Request, bucketName string, read func(*Service, string) (any, error),
) {
	var out any
	exists, err := s.store.BucketExists(bucketName)
	if err == nil && !exists {
		err = gofakes3.BucketNotFound(bucketName)
	}
	if err == nil {
		out, err = read(s, bucketName)
	}
	if err != nil {
		writeError(w, r, err)
		return
	}
	if document, ok := out.(jsonDocument); ok {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(document)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write([]byte(xml.Header))
	// A write error means that the client has closed the connection: nobody receives an error.
	_ = xml.NewEncoder(w).Encode(out)
}

type jsonDocument []byte

func (s *Service) bucketSettings(bucketName string) bucketProperties {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.settings[bucketName]
}

// deleteSettings deletes the settings and the policy of a bucket, unless the bucket still exists.
func (s *Service) deleteSettings(bucketName string) {
	if exists, _ := s.store.BucketExists(bucketName); exists {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.settings, bucketName)
	delete(s.policies, bucketName)
}

type locationAnswer struct {
	XMLName xml.Name `xml:"LocationConstraint"`
	Xmlns   string   `xml:"xmlns,attr"`
	Region  string   `xml:",chardata"`
}

func (s *Service) location(string) (any, error) {
	out := locationAnswer{Xmlns: namespace, Region: s.acct.Region}
	if out.Region == "us-east-1" {
		out.Region = "" // as on AWS: this region has an empty LocationConstraint
	}
	return out, nil
}

type encryptionAnswer struct {
	XMLName xml.Name `xml:"ServerSideEncryptionConfiguration"`
	Xmlns   string   `xml:"xmlns,attr"`
	Rule    []encryptionRule
}

func (s *Service) encryption(bucketName string) (any, error) {
	out := encryptionAnswer{Xmlns: namespace, Rule: s.bucketSettings(bucketName).BucketEncryption.rules()}
	return out, nil
}

type versioningAnswer struct {
	XMLName xml.Name `xml:"VersioningConfiguration"`
	Xmlns   string   `xml:"xmlns,attr"`
	Status  string   `xml:",omitempty"`
}

func (s *Service) versioning(bucketName string) (any, error) {
	out := versioningAnswer{Xmlns: namespace}
	if v := s.bucketSettings(bucketName).VersioningConfiguration; v != nil {
		out.Status = v.Status
	}
	return out, nil
}

type publicAccessAnswer struct {
	XMLName xml.Name `xml:"PublicAccessBlockConfiguration"`
	Xmlns   string   `xml:"xmlns,attr"`
	publicAccessBlock
}

func (s *Service) publicAccessBlock(bucketName string) (any, error) {
	block := s.bucketSettings(bucketName).PublicAccessBlockConfiguration
	if block == nil {
		// The default of S3 for new buckets since April 2023.
		block = &publicAccessBlock{true, true, true, true}
	}
	return publicAccessAnswer{Xmlns: namespace, publicAccessBlock: *block}, nil
}

func (s *Service) bucketPolicy(bucketName string) (any, error) {
	policy := s.Policy(bucketName)
	if policy == nil {
		return nil, &gateway.Error{
			Code: "NoSuchBucketPolicy", Status: http.StatusNotFound, Message: "The bucket policy does not exist",
		}
	}
	return jsonDocument(policy), nil
}
