package lambda

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/oralake/oralake/test/aws/gateway"
)

// configuration is a FunctionConfiguration of the API.
type configuration struct {
	FunctionName     string
	FunctionArn      string
	Runtime          string
	Role             string
	Handler          string
	CodeSize         int64
	CodeSha256       string
	Description      string
	Timeout          int // seconds
	MemorySize       int // MB
	LastModified     string
	Version          string
	PackageType      string
	Architectures    []string
	State            string
	LastUpdateStatus string
	RevisionId       string
	Environment      *environmentConfig `json:",omitempty"`
	TracingConfig    tracingConfig
	LoggingConfig    loggingConfig
	EphemeralStorage ephemeralStorage
	Layers           []layerReference `json:",omitempty"`
	VpcConfig        *vpcConfig       `json:",omitempty"`
	KMSKeyArn        string           `json:",omitempty"`
}

type layerReference struct {
	Arn      string
	CodeSize int64
}

func (s *Service) describe(d *deployed) configuration {
	c := configuration{
		FunctionName: d.name, FunctionArn: d.arn, Runtime: runtimeName, Role: d.role, Handler: d.handler,
		CodeSize: d.code.Size, CodeSha256: d.code.SHA256, Description: d.description,
		Timeout: int(d.timeout.Seconds()), MemorySize: d.memoryMB,
		LastModified: d.modified.UTC().Format("2006-01-02T15:04:05.000+0000"),
		Version:      "$LATEST", PackageType: "Zip", Architectures: []string{d.architecture},
		State: "Active", LastUpdateStatus: "Successful", RevisionId: d.revision,
		TracingConfig: tracingConfig{Mode: "PassThrough"},
		LoggingConfig: loggingConfig{
			LogFormat: d.logging.Format, LogGroup: d.logging.Group,
			ApplicationLogLevel: d.logging.ApplicationLevel, SystemLogLevel: d.logging.SystemLevel,
		},
		EphemeralStorage: ephemeralStorage{Size: d.storageMB},
		VpcConfig:        d.vpc, KMSKeyArn: d.kmsKeyARN,
	}
	if d.activeTracing {
		c.TracingConfig.Mode = "Active"
	}
	if len(d.environment) > 0 {
		c.Environment = &environmentConfig{Variables: d.environment}
	}
	for _, arn := range d.layers {
		reference := layerReference{Arn: arn}
		if l, ok := s.layers[arn]; ok {
			reference.CodeSize = int64(len(l.zip))
		}
		c.Layers = append(c.Layers, reference)
	}
	return c
}

func (s *Service) getConfiguration(r *http.Request) (any, error) {
	name, err := s.functionName(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(name)
	if err != nil {
		return nil, err
	}
	return s.describe(f.now), nil
}

type concurrency struct {
	ReservedConcurrentExecutions *int `json:",omitempty"`
}

// getFunction answers without Code.Location, a download link that the embedded AWS does not offer.
func (s *Service) getFunction(r *http.Request) (any, error) {
	name, err := s.functionName(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(name)
	if err != nil {
		return nil, err
	}
	type code struct{ RepositoryType string }
	answer := struct {
		Configuration configuration
		Code          code
		Tags          map[string]string `json:",omitempty"`
		Concurrency   *concurrency      `json:",omitempty"`
	}{Configuration: s.describe(f.now), Code: code{"S3"}, Tags: f.now.tags}
	if f.now.reserved != nil {
		answer.Concurrency = &concurrency{f.now.reserved}
	}
	return answer, nil
}

func (s *Service) getConcurrency(r *http.Request) (any, error) {
	name, err := s.functionName(r)
	if err != nil {
		return nil, err
	}
	d, err := s.current(name)
	if err != nil {
		return nil, err
	}
	return concurrency{d.reserved}, nil
}

// listFunctions pages by name: the marker is the last name of the page before.
func (s *Service) listFunctions(r *http.Request) (any, error) {
	query := r.URL.Query()
	limit := 50
	if given := query.Get("MaxItems"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 {
			return nil, gateway.Errorf("InvalidParameterValueException", "MaxItems %q: want a number from 1", given)
		}
		limit = min(n, limit)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := struct {
		Functions  []configuration
		NextMarker string `json:",omitempty"`
	}{Functions: []configuration{}}
	for _, name := range slices.Sorted(maps.Keys(s.functions)) {
		if name <= query.Get("Marker") {
			continue
		}
		if len(answer.Functions) == limit {
			answer.NextMarker = answer.Functions[limit-1].FunctionName
			break
		}
		answer.Functions = append(answer.Functions, s.describe(s.functions[name].now))
	}
	return answer, nil
}

// getPolicy is the resource-based policy that AWS::Lambda::Permission resources add up to.
func (s *Service) getPolicy(r *http.Request) (any, error) {
	name, err := s.functionName(r)
	if err != nil {
		return nil, err
	}
	permissions, err := s.Permissions(name)
	if err != nil {
		return nil, err
	}
	if len(permissions) == 0 {
		return nil, &gateway.Error{
			Code: "ResourceNotFoundException", Status: http.StatusNotFound,
			Message: "The resource you requested does not exist.",
		}
	}
	statements := make([]any, 0, len(permissions))
	for _, p := range permissions {
		statements = append(statements, p.statement(s.account.ARN("lambda", "function:"+name)))
	}
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Id": "default", "Statement": statements})
	if err != nil {
		return nil, fmt.Errorf("write the policy of %s: %w", name, err)
	}
	return map[string]string{"Policy": string(policy)}, nil
}
