package dms

import (
	"context"
	"encoding/json"

	"github.com/oralake/oralake/test/aws/dms/target"
)

// endpoint is a source or target endpoint.
type endpoint struct {
	sequence int
	arn      string
	status   string // active, deleting
	tags     map[string]string
	endpointProperties
	oracle       *oracleSettings  // of an Oracle source
	exposesViews bool             // of an Oracle source: full-load tasks see views
	s3           *target.Settings // of an S3 target
}

type endpointAnswer struct {
	DatabaseName              string `json:",omitempty"`
	EndpointArn               string
	EndpointIdentifier        string
	EndpointType              string
	EngineDisplayName         string
	EngineName                string
	ExtraConnectionAttributes string          `json:",omitempty"`
	KmsKeyId                  string          `json:",omitempty"`
	OracleSettings            json.RawMessage `json:",omitempty"`
	S3Settings                json.RawMessage `json:",omitempty"`
	SslMode                   string
	Status                    string
}

type endpointsAnswer struct {
	Marker    string `json:",omitempty"`
	Endpoints []endpointAnswer
}

func (s *Service) describeEndpoints(_ context.Context, in page) (endpointsAnswer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []listed[endpointAnswer]
	for _, e := range s.endpoints {
		a := endpointAnswer{
			DatabaseName: e.DatabaseName, EndpointArn: e.arn, EndpointIdentifier: e.EndpointIdentifier,
			EndpointType: e.EndpointType, EngineName: e.EngineName, ExtraConnectionAttributes: e.ExtraConnectionAttributes,
			EngineDisplayName: map[string]string{"oracle": "Oracle", "s3": "Amazon S3"}[e.EngineName],
			KmsKeyId:          e.KmsKeyId, SslMode: e.SslMode, Status: e.status,
		}
		var err error
		if e.oracle != nil {
			a.OracleSettings, err = json.Marshal(e.oracle)
		} else {
			a.S3Settings, err = json.Marshal(e.s3)
		}
		if err != nil {
			return endpointsAnswer{}, err
		}
		all = append(all, listed[endpointAnswer]{a, e.sequence, map[string][]string{
			"endpoint-arn": {e.arn}, "endpoint-id": {e.EndpointIdentifier}, "endpoint-type": {e.EndpointType},
			"engine-name": {e.EngineName},
		}})
	}
	items, marker, err := list("endpoints", all, in, 100, "endpoint-arn", "endpoint-id", "endpoint-type", "engine-name")
	return endpointsAnswer{marker, items}, err
}
