package dms

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/dms/target"
	"github.com/oralake/oralake/test/aws/resource"
)

type endpointProperties struct {
	DatabaseName              string
	EndpointIdentifier        string
	EndpointType              string
	EngineName                string
	ExtraConnectionAttributes string
	KmsKeyId                  string
	OracleSettings            json.RawMessage
	ResourceIdentifier        string
	S3Settings                json.RawMessage
	SslMode                   string
	CertificateArn            string
	Tags                      []tag
}

// oracleSettings are the OracleSettings of a source. The members below the first group only affect how DMS reads a real
// Oracle. They are stored without effect.
type oracleSettings struct {
	SecretsManagerAccessRoleArn string      `json:",omitempty"`
	SecretsManagerSecretId      string      `json:",omitempty"`
	FailTasksOnLobTruncation    target.Bool `json:",omitempty"`
	NumberDatatypeScale         *target.Int `json:",omitempty"`

	AccessAlternateDirectly              any `json:",omitempty"`
	AdditionalArchivedLogDestId          any `json:",omitempty"`
	AddSupplementalLogging               any `json:",omitempty"`
	AllowSelectNestedTables              any `json:",omitempty"`
	ArchivedLogDestId                    any `json:",omitempty"`
	ArchivedLogsOnly                     any `json:",omitempty"`
	AsmServer                            any `json:",omitempty"`
	AsmUser                              any `json:",omitempty"`
	CharLengthSemantics                  any `json:",omitempty"`
	ExtraArchivedLogDestIds              any `json:",omitempty"`
	OraclePathPrefix                     any `json:",omitempty"`
	ParallelAsmReadThreads               any `json:",omitempty"`
	ReadAheadBlocks                      any `json:",omitempty"`
	ReadTableSpaceName                   any `json:",omitempty"`
	ReplacePathPrefix                    any `json:",omitempty"`
	RetryInterval                        any `json:",omitempty"`
	SecretsManagerOracleAsmAccessRoleArn any `json:",omitempty"`
	SecretsManagerOracleAsmSecretId      any `json:",omitempty"`
	SecurityDbEncryption                 any `json:",omitempty"`
	SecurityDbEncryptionName             any `json:",omitempty"`
	StandbyDelayTime                     any `json:",omitempty"`
	UseAlternateFolderForOnline          any `json:",omitempty"`
	UseBFile                             any `json:",omitempty"`
	UseLogminerReader                    any `json:",omitempty"`
	UsePathPrefix                        any `json:",omitempty"`
}

// oracleAttributes are the extra connection attributes that only affect how DMS reads a real Oracle.
var oracleAttributes = []string{
	"addsupplementallogging", "usebfile", "uselogminerreader", "opentransactionwindow", "accessalternatedirectly",
	"archivedlogdestid", "additionalarchivedlogdestid", "archivedlogsonly", "parallelasmreadthreads", "readaheadblocks",
	"asm_server", "asm_user", "retryinterval", "standbydelaytime",
}

const maxEndpointName = 255

func (s *Service) createEndpoint(ctx context.Context, r resource.Request) (resource.Resource, error) {
	e, err := endpointRequest(r)
	if err != nil {
		return resource.Resource{}, err
	}
	if e.arn, err = s.resourceARN("endpoint", e.ResourceIdentifier); err != nil {
		return resource.Resource{}, err
	}
	if err := s.addEndpoint(e); err != nil {
		return resource.Resource{}, err
	}
	if err := s.clock.Sleep(ctx, s.delays.EndpointCreate); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.endpoints, e.arn)
		return resource.Resource{}, err
	}
	return e.resource(), nil
}

func (e *endpoint) resource() resource.Resource {
	return resource.Resource{PhysicalID: e.arn, Attributes: map[string]any{"EndpointArn": e.arn, "ExternalId": ""}}
}

func (s *Service) addEndpoint(e *endpoint) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkCertificate(e); err != nil {
		return err
	}
	if len(s.endpoints) >= maxEndpoints {
		return quotaExceeded("The account has %d endpoints already", maxEndpoints)
	}
	for _, other := range s.endpoints {
		if other.EndpointIdentifier == e.EndpointIdentifier || other.arn == e.arn {
			return alreadyExists("Endpoint %s already exists", e.EndpointIdentifier)
		}
	}
	e.sequence = s.next()
	s.endpoints[e.arn] = e
	return nil
}

func endpointRequest(r resource.Request) (*endpoint, error) {
	p, err := resource.Decode[endpointProperties](r)
	if err != nil {
		return nil, err
	}
	e := &endpoint{status: "active", endpointProperties: p}
	if e.tags, err = tagged(r, p.Tags); err != nil {
		return nil, err
	}
	if e.EndpointIdentifier == "" {
		e.EndpointIdentifier = r.Name(maxEndpointName)
	}
	e.EndpointIdentifier = strings.ToLower(e.EndpointIdentifier)
	e.EngineName, e.EndpointType = strings.ToLower(e.EngineName), strings.ToLower(e.EndpointType)
	if err := checkIdentifier("EndpointIdentifier", e.EndpointIdentifier, maxEndpointName); err != nil {
		return nil, err
	}
	if e.SslMode == "" {
		e.SslMode = "none"
	}
	switch e.EndpointType + " " + e.EngineName {
	case "source oracle":
		return e, e.checkOracle()
	case "target s3":
		return e, e.checkS3()
	default:
		return nil, invalidValue("the embedded AWS does not implement a %s endpoint of engine %s, only source oracle and "+
			"target s3", p.EndpointType, p.EngineName)
	}
}

func (e *endpoint) checkOracle() error {
	if len(e.S3Settings) > 0 {
		return invalidCombination("S3Settings are not for an Oracle endpoint")
	}
	if e.SslMode != "none" && e.SslMode != "verify-ca" {
		return invalidValue("SslMode %s is not one of none, verify-ca for an Oracle endpoint", e.SslMode)
	}
	if (e.SslMode == "verify-ca") != (e.CertificateArn != "") {
		return invalidCombination("SslMode verify-ca needs CertificateArn, and CertificateArn needs SslMode verify-ca")
	}
	var o oracleSettings
	d := json.NewDecoder(bytes.NewReader(e.OracleSettings))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return fmt.Errorf("OracleSettings: not accepted by the embedded AWS: %w", err)
	}
	switch {
	case o.SecretsManagerAccessRoleArn == "" || o.SecretsManagerSecretId == "":
		return invalidCombination("OracleSettings need SecretsManagerAccessRoleArn and SecretsManagerSecretId")
	case e.DatabaseName == "":
		return invalidValue("The parameter DatabaseName must be provided and must not be blank.")
	case o.NumberDatatypeScale != nil && (*o.NumberDatatypeScale < -2 || *o.NumberDatatypeScale > 38):
		return invalidValue("NumberDatatypeScale is %d: want -2 to 38", *o.NumberDatatypeScale)
	}
	for attribute := range strings.SplitSeq(e.ExtraConnectionAttributes, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(attribute), "=")
		switch {
		case strings.EqualFold(name, "exposeViews"):
			// Without it a task sees no views; with it only full-load tasks see them (CHAP_Source.Oracle, ExposeViews).
			e.exposesViews = strings.EqualFold(value, "true")
		case name != "" && !slices.Contains(oracleAttributes, strings.ToLower(name)):
			return invalidValue("the embedded AWS does not implement the extra connection attribute %s", name)
		}
	}
	e.oracle = &o
	return nil
}

func (e *endpoint) checkS3() error {
	switch {
	case len(e.OracleSettings) > 0 || e.DatabaseName != "":
		return invalidCombination("OracleSettings and DatabaseName are not for an S3 endpoint")
	case e.ExtraConnectionAttributes != "":
		return invalidValue("the embedded AWS does not implement extra connection attributes of an S3 endpoint")
	case e.SslMode != "none" || e.CertificateArn != "":
		return invalidValue("SslMode and CertificateArn are not for an S3 endpoint")
	}
	settings, err := target.ParseSettings(e.S3Settings)
	if err != nil {
		return err
	}
	e.s3 = &settings
	return nil
}

// updateEndpoint changes an endpoint in place. As in AWS, tasks of the endpoint must not run, and its connections are
// tested again.
func (s *Service) updateEndpoint(_ context.Context, r resource.Request) (resource.Resource, error) {
	changed, err := endpointRequest(r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.endpoints[r.PhysicalID]
	if e == nil {
		return resource.Resource{}, notFound("Endpoint %s not found", r.PhysicalID)
	}
	if err := s.checkCertificate(changed); err != nil {
		return resource.Resource{}, err
	}
	for _, t := range s.tasks {
		if (t.source == e.arn || t.target == e.arn) && t.active() {
			return resource.Resource{}, invalidState(
				"Endpoint %s cannot be modified while replication task %s on it is %s: stop the task first", e.arn, t.arn, t.status)
		}
	}
	if e.s3 != nil && changed.s3 != nil && e.s3.EncryptionMode == "sse-s3" && changed.s3.EncryptionMode == "sse-kms" {
		return resource.Resource{}, invalidCombination("The EncryptionMode of endpoint %s cannot be changed from SSE_S3 to "+
			"SSE_KMS: create another endpoint", e.arn)
	}
	if given, err := resource.Decode[endpointProperties](r); err == nil && given.EndpointIdentifier == "" {
		changed.EndpointIdentifier = e.EndpointIdentifier
	}
	e.endpointProperties, e.oracle, e.s3, e.tags = changed.endpointProperties, changed.oracle, changed.s3, changed.tags
	e.exposesViews = changed.exposesViews
	for key, c := range s.connections {
		if key.endpoint == e.arn && c.status != connectionTesting {
			s.test(key)
		}
	}
	return e.resource(), nil
}

func (s *Service) deleteEndpoint(ctx context.Context, r resource.Request) error {
	s.mu.Lock()
	e := s.endpoints[r.PhysicalID]
	if e == nil {
		s.mu.Unlock()
		return nil
	}
	for _, t := range s.tasks {
		if t.source == e.arn || t.target == e.arn {
			s.mu.Unlock()
			return invalidState("Endpoint %s is part of one or more ReplicationTasks.", e.arn)
		}
	}
	e.status = "deleting"
	s.mu.Unlock()
	err := s.clock.Sleep(ctx, s.delays.EndpointDelete)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		e.status = "active"
		return err
	}
	delete(s.endpoints, e.arn)
	for key := range s.connections {
		if key.endpoint == e.arn {
			delete(s.connections, key)
		}
	}
	return nil
}
