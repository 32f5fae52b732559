package dynamodb

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/oralake/oralake/test/aws/resource"
)

// Resources are AWS::DynamoDB::Table. Global tables (the CDK's TableV2) are not among them.
func (s *Service) Resources() resource.Types {
	return resource.Types{"AWS::DynamoDB::Table": {
		CreateOnly: []string{"TableName", "KeySchema"},
		Create:     s.createResource, Update: s.updateResource, Delete: s.deleteResource,
	}}
}

type tableProperties struct {
	definition
	PointInTimeRecoverySpecification struct{ PointInTimeRecoveryEnabled bool }
	TimeToLiveSpecification          timeToLive
	SSESpecification                 json.RawMessage
	Tags                             []tag
}

func (s *Service) createResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[tableProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if p.TableName == "" {
		p.TableName = r.Name(255)
	}
	if err := p.TimeToLiveSpecification.check(); err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.make(p.definition)
	if err != nil {
		return resource.Resource{}, err
	}
	return t.set(p, r.Tags), nil
}

func (s *Service) updateResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[tableProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	p.TableName = r.PhysicalID
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.table(r.PhysicalID)
	if err != nil {
		return resource.Resource{}, err
	}
	keys, indexes, err := p.check()
	if err != nil {
		return resource.Resource{}, err
	}
	if err := t.checkChange(p.definition, p.TimeToLiveSpecification); err != nil {
		return resource.Resource{}, err
	}
	if err := p.TimeToLiveSpecification.check(); err != nil {
		return resource.Resource{}, err
	}
	t.definition, t.keys, t.indexes = p.definition, keys, indexes
	return t.set(p, r.Tags), nil
}

func (t *table) set(p tableProperties, stackTags map[string]string) resource.Resource {
	t.timeToLive = p.TimeToLiveSpecification
	t.pointInTime = p.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled
	t.tags = map[string]string{}
	maps.Copy(t.tags, stackTags)
	for _, g := range p.Tags {
		t.tags[g.Key] = g.Value
	}
	return resource.Resource{PhysicalID: t.TableName, Attributes: map[string]any{"Arn": t.arn}}
}

func (s *Service) deleteResource(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tables[r.PhysicalID]
	if !ok {
		return nil
	}
	return s.drop(t)
}
