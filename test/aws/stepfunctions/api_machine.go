package stepfunctions

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func tagMap(list []tag) map[string]string {
	tags := map[string]string{}
	for _, t := range list {
		tags[t.Key] = t.Value
	}
	return tags
}

type createIn struct {
	settings
	Name    string `json:"name"`
	Type    string `json:"type"`
	Tags    []tag  `json:"tags"`
	Publish bool   `json:"publish"`
}

type createOut struct {
	ARN     string        `json:"stateMachineArn"`
	Created *gateway.Time `json:"creationDate"`
}

func (s *Service) createStateMachine(_ context.Context, in createIn) (*createOut, error) {
	if err := checkType(in.Type); err != nil {
		return nil, err
	}
	if in.Publish {
		return nil, gateway.NotImplemented("versions of state machines (publish)")
	}
	m, err := s.create(in.Name, in.settings, tagMap(in.Tags))
	if err != nil {
		return nil, err
	}
	return &createOut{m.arn, gateway.At(m.created)}, nil
}

// checkType refuses EXPRESS by name.
func checkType(kind string) error {
	if kind != "" && kind != "STANDARD" {
		return gateway.Errorf("StateMachineTypeNotSupported",
			"the embedded AWS does not implement state machines of type %s, only STANDARD", kind)
	}
	return nil
}

type updateIn struct {
	settings
	ARN     string `json:"stateMachineArn"`
	Publish bool   `json:"publish"`
}

type updateOut struct {
	Updated    *gateway.Time `json:"updateDate"`
	RevisionID string        `json:"revisionId"`
}

func (s *Service) updateStateMachine(_ context.Context, in updateIn) (*updateOut, error) {
	if in.Publish {
		return nil, gateway.NotImplemented("versions of state machines (publish)")
	}
	if in.settings == (settings{}) {
		return nil, gateway.Errorf("MissingRequiredParameter", "Either the definition, the role ARN, the "+
			"LoggingConfiguration, the TracingConfiguration, or the EncryptionConfiguration must be specified")
	}
	r, err := s.update(in.ARN, in.settings)
	if err != nil {
		return nil, err
	}
	return &updateOut{gateway.At(r.updated), r.id}, nil
}

type machineIn struct {
	ARN          string `json:"stateMachineArn"`
	IncludedData string `json:"includedData"`
}

// deleteStateMachine succeeds for a machine that does not exist, as AWS does.
func (s *Service) deleteStateMachine(_ context.Context, in machineIn) (*gateway.Empty, error) {
	s.remove(in.ARN)
	return &gateway.Empty{}, nil
}

type describeOut struct {
	ARN        string                   `json:"stateMachineArn"`
	Name       string                   `json:"name"`
	Status     string                   `json:"status,omitempty"`
	Definition string                   `json:"definition"`
	RoleARN    string                   `json:"roleArn"`
	Type       string                   `json:"type,omitempty"`
	Created    *gateway.Time            `json:"creationDate,omitempty"`
	Updated    *gateway.Time            `json:"updateDate,omitempty"`
	Logging    loggingConfiguration     `json:"loggingConfiguration"`
	Tracing    tracingConfiguration     `json:"tracingConfiguration"`
	Encryption *encryptionConfiguration `json:"encryptionConfiguration,omitempty"`
	RevisionID string                   `json:"revisionId,omitempty"`
}

func describe(m *machine, r revision) *describeOut {
	return &describeOut{
		ARN: m.arn, Name: m.name, Definition: r.definition, RoleARN: r.roleARN,
		Logging: r.logging, Tracing: r.tracing, Encryption: r.encryption, RevisionID: r.id,
	}
}

func (s *Service) describeStateMachine(_ context.Context, in machineIn) (*describeOut, error) {
	if err := allData(in.IncludedData); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.machines[in.ARN]
	if m == nil {
		_, err := s.find(in.ARN)
		return nil, err
	}
	out := describe(m, m.revision)
	out.Status, out.Type, out.Created = "ACTIVE", "STANDARD", gateway.At(m.created)
	if m.deleting {
		out.Status = "DELETING"
	}
	return out, nil
}

// allData refuses the METADATA_ONLY of the describing operations.
func allData(included string) error {
	if included != "" && included != "ALL_DATA" {
		return gateway.NotImplemented("includedData " + included)
	}
	return nil
}

type executionIn struct {
	ARN          string `json:"executionArn"`
	IncludedData string `json:"includedData"`
}

func (s *Service) describeStateMachineForExecution(_ context.Context, in executionIn) (*describeOut, error) {
	if err := allData(in.IncludedData); err != nil {
		return nil, err
	}
	e, err := s.execution(in.ARN)
	if err != nil {
		return nil, err
	}
	out := describe(e.machine, e.revision)
	if out.Updated = gateway.At(e.revision.updated); out.Updated == nil {
		out.Updated = gateway.At(e.machine.created)
	}
	return out, nil
}

type listMachinesIn struct {
	MaxResults int    `json:"maxResults"`
	NextToken  string `json:"nextToken"`
}

type listMachinesOut struct {
	Machines  []listedMachine `json:"stateMachines"`
	NextToken string          `json:"nextToken,omitempty"`
}

type listedMachine struct {
	ARN     string        `json:"stateMachineArn"`
	Name    string        `json:"name"`
	Type    string        `json:"type"`
	Created *gateway.Time `json:"creationDate"`

	number int64
}

func (s *Service) listStateMachines(_ context.Context, in listMachinesIn) (*listMachinesOut, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []listedMachine{}
	for _, m := range s.machines {
		if !m.deleting {
			all = append(all, listedMachine{m.arn, m.name, "STANDARD", gateway.At(m.created), m.number})
		}
	}
	slices.SortFunc(all, func(a, b listedMachine) int { return cmp.Compare(a.number, b.number) })
	listed, next, err := page(all, func(m listedMachine) int64 { return m.number }, in.MaxResults, in.NextToken)
	return &listMachinesOut{listed, next}, err
}

type tagsIn struct {
	ARN  string   `json:"resourceArn"`
	Tags []tag    `json:"tags"`
	Keys []string `json:"tagKeys"`
}

type tagsOut struct {
	Tags []tag `json:"tags"`
}

// tagged gives f the tags of a state machine; the only resource here that has any.
func (s *Service) tagged(arn string, f func(tags map[string]string)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.machines[arn]
	if m == nil {
		return gateway.Errorf("ResourceNotFound", "Resource not found: '%s'", arn)
	}
	f(m.tags)
	return nil
}

func (s *Service) listTagsForResource(_ context.Context, in tagsIn) (*tagsOut, error) {
	out := &tagsOut{Tags: []tag{}}
	err := s.tagged(in.ARN, func(tags map[string]string) {
		for key, value := range tags {
			out.Tags = append(out.Tags, tag{key, value})
		}
		slices.SortFunc(out.Tags, func(a, b tag) int { return strings.Compare(a.Key, b.Key) })
	})
	return out, err
}

func (s *Service) tagResource(_ context.Context, in tagsIn) (*gateway.Empty, error) {
	return &gateway.Empty{}, s.tagged(in.ARN, func(tags map[string]string) {
		for _, t := range in.Tags {
			tags[t.Key] = t.Value
		}
	})
}

func (s *Service) untagResource(_ context.Context, in tagsIn) (*gateway.Empty, error) {
	return &gateway.Empty{}, s.tagged(in.ARN, func(tags map[string]string) {
		for _, key := range in.Keys {
			delete(tags, key)
		}
	})
}
