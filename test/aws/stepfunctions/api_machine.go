package stepfunctions

import (
	"cmp"
	"context"
	"slices"

	"github.com/oralake/oralake/test/aws/gateway"
)

type machineIn struct {
	ARN          string `json:"stateMachineArn"`
	IncludedData string `json:"includedData"`
}

type describeOut struct {
	ARN        string               `json:"stateMachineArn"`
	Name       string               `json:"name"`
	Status     string               `json:"status"`
	Definition string               `json:"definition"`
	RoleARN    string               `json:"roleArn"`
	Type       string               `json:"type"`
	Created    *gateway.Time        `json:"creationDate"`
	Logging    loggingConfiguration `json:"loggingConfiguration"`
	Tracing    tracingConfiguration `json:"tracingConfiguration"`
	RevisionID string               `json:"revisionId,omitempty"`
}

func (s *Service) describeStateMachine(_ context.Context, in machineIn) (*describeOut, error) {
	if err := requireAllData(in.IncludedData); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.machines[in.ARN]
	if m == nil {
		_, err := s.find(in.ARN)
		return nil, err
	}
	r := m.revision
	out := &describeOut{
		ARN: m.arn, Name: m.name, Status: "ACTIVE", Definition: r.definition, RoleARN: r.roleARN, Type: "STANDARD",
		Created: gateway.At(m.created), Logging: r.logging, Tracing: r.tracing, RevisionID: r.id,
	}
	if m.deleting {
		out.Status = "DELETING"
	}
	return out, nil
}

// requireAllData rejects every includedData except ALL_DATA, the default.
func requireAllData(included string) error {
	if included != "" && included != "ALL_DATA" {
		return gateway.NotImplemented("includedData " + included)
	}
	return nil
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
