package s3

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/johannesboyne/gofakes3"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Resources returns the CloudFormation types AWS::S3::Bucket and AWS::S3::BucketPolicy.
func (s *Service) Resources() resource.Types {
	return resource.Types{
		"AWS::S3::Bucket": {
			CreateOnly: []string{"BucketName"},
			Create:     s.createBucket, Update: s.updateBucket, Delete: s.deleteBucket,
		},
		"AWS::S3::BucketPolicy": {
			CreateOnly: []string{"Bucket"},
			Create:     s.putPolicy, Update: s.putPolicy, Delete: s.deletePolicy,
		},
	}
}

type bucketProperties struct {
	BucketName                     string
	BucketEncryption               *bucketEncryption
	PublicAccessBlockConfiguration *publicAccessBlock
	VersioningConfiguration        *struct{ Status string }
	LoggingConfiguration           *struct{ DestinationBucketName, LogFilePrefix string }
	LifecycleConfiguration         json.RawMessage
	OwnershipControls              json.RawMessage
	Tags                           []struct{ Key, Value string }
}

type bucketEncryption struct {
	ServerSideEncryptionConfiguration []struct {
		ServerSideEncryptionByDefault struct{ SSEAlgorithm, KMSMasterKeyID string }
		BucketKeyEnabled              bool
	}
}

type encryptionRule struct {
	ApplyServerSideEncryptionByDefault struct {
		SSEAlgorithm   string
		KMSMasterKeyID string `xml:",omitempty"`
	}
	BucketKeyEnabled bool
}

// rules returns the encryption rules of a bucket in the form of S3's API. The default is one rule with AES256.
func (e *bucketEncryption) rules() []encryptionRule {
	if e == nil || len(e.ServerSideEncryptionConfiguration) == 0 {
		var plain encryptionRule
		plain.ApplyServerSideEncryptionByDefault.SSEAlgorithm = "AES256"
		return []encryptionRule{plain}
	}
	var all []encryptionRule
	for _, given := range e.ServerSideEncryptionConfiguration {
		var r encryptionRule
		r.ApplyServerSideEncryptionByDefault.SSEAlgorithm = given.ServerSideEncryptionByDefault.SSEAlgorithm
		r.ApplyServerSideEncryptionByDefault.KMSMasterKeyID = given.ServerSideEncryptionByDefault.KMSMasterKeyID
		r.BucketKeyEnabled = given.BucketKeyEnabled
		all = append(all, r)
	}
	return all
}

type publicAccessBlock struct{ BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets bool }

func (s *Service) createBucket(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[bucketProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	name := p.BucketName
	if name == "" {
		name = strings.ToLower(r.Name(63))
	}
	if err := gofakes3.ValidateBucketName(name); err != nil {
		return resource.Resource{}, resourceError(err)
	}
	if err := s.checkSettings(p); err != nil {
		return resource.Resource{}, err
	}
	if err := s.store.CreateBucket(name); err != nil {
		return resource.Resource{}, resourceError(err)
	}
	return s.setBucket(name, p), nil
}

func (s *Service) updateBucket(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[bucketProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if exists, _ := s.store.BucketExists(r.PhysicalID); !exists {
		return resource.Resource{}, noSuchBucket(r.PhysicalID)
	}
	if err := s.checkSettings(p); err != nil {
		return resource.Resource{}, err
	}
	return s.setBucket(r.PhysicalID, p), nil
}

func (s *Service) checkSettings(p bucketProperties) error {
	if p.LoggingConfiguration != nil && p.LoggingConfiguration.DestinationBucketName != "" {
		if exists, _ := s.store.BucketExists(p.LoggingConfiguration.DestinationBucketName); !exists {
			return gateway.Errorf("InvalidTargetBucketForLogging",
				"the target bucket for logging %s does not exist", p.LoggingConfiguration.DestinationBucketName)
		}
	}
	if v := p.VersioningConfiguration; v != nil && v.Status == "Enabled" {
		return notImplemented("VersioningConfiguration with Status Enabled: the embedded S3 does not store old versions")
	}
	if v := p.VersioningConfiguration; v != nil && v.Status != "Enabled" && v.Status != "Suspended" {
		return gateway.Errorf("MalformedXML", "VersioningConfiguration Status %q: want Enabled or Suspended", v.Status)
	}
	if p.BucketEncryption != nil {
		for _, r := range p.BucketEncryption.rules() {
			switch r.ApplyServerSideEncryptionByDefault.SSEAlgorithm {
			case "AES256", "aws:kms", "aws:kms:dsse":
			default:
				return gateway.Errorf("MalformedXML", "SSEAlgorithm %q: want AES256, aws:kms or aws:kms:dsse",
					r.ApplyServerSideEncryptionByDefault.SSEAlgorithm)
			}
		}
	}
	return nil
}

func (s *Service) setBucket(name string, p bucketProperties) resource.Resource {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settings[name] = p
	return resource.Resource{PhysicalID: name, Attributes: map[string]any{
		"Arn":                 "arn:aws:s3:::" + name,
		"DomainName":          name + ".s3.amazonaws.com",
		"RegionalDomainName":  name + ".s3." + s.acct.Region + ".amazonaws.com",
		"DualStackDomainName": name + ".s3.dualstack." + s.acct.Region + ".amazonaws.com",
		"WebsiteURL":          "http://" + name + ".s3-website." + s.acct.Region + ".amazonaws.com",
	}}
}

func (s *Service) deleteBucket(_ context.Context, r resource.Request) error {
	err := s.store.DeleteBucket(r.PhysicalID)
	if err != nil && !gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchBucket) {
		return resourceError(err)
	}
	s.deleteSettings(r.PhysicalID)
	return nil
}

type policyProperties struct {
	Bucket         string
	PolicyDocument json.RawMessage
}

func (s *Service) putPolicy(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[policyProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	var policy struct{ Statement json.RawMessage }
	if err := json.Unmarshal(p.PolicyDocument, &policy); err != nil || len(policy.Statement) == 0 {
		return resource.Resource{}, gateway.Errorf("MalformedPolicy",
			"the PolicyDocument of %s has no Statement", r.LogicalID)
	}
	if exists, _ := s.store.BucketExists(p.Bucket); !exists {
		return resource.Resource{}, noSuchBucket(p.Bucket)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policies[p.Bucket] = p.PolicyDocument
	return resource.Resource{PhysicalID: p.Bucket, Attributes: map[string]any{}}, nil
}

func (s *Service) deletePolicy(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.policies, r.PhysicalID)
	return nil
}

func noSuchBucket(name string) error {
	return &gateway.Error{
		Code: "NoSuchBucket", Status: http.StatusNotFound, Message: "The specified bucket does not exist: " + name,
	}
}

// resourceError converts an error of gofakes3 to a gateway.Error, which a stack event can show.
func resourceError(err error) error {
	var theirs *gofakes3.ErrorResponse
	if errors.As(err, &theirs) {
		return &gateway.Error{Code: string(theirs.Code), Message: theirs.Message, Status: theirs.Code.Status()}
	}
	return err
}
