package dynamodb

import (
	"context"

	"github.com/oralake/oralake/test/aws/resource"
)

// Resources returns the CloudFormation type AWS::DynamoDB::Table. Global tables (TableV2 of the CDK) are not implemented.
func (s *Service) Resources() resource.Types {
	return resource.Types{"AWS::DynamoDB::Table": {
		CreateOnly: []string{"TableName", "KeySchema"},
		Create:     s.createResource, Update: s.updateResource, Delete: s.deleteResource,
	}}
}

func (s *Service) createResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[tableProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if p.TableName == "" {
		p.TableName = r.Name(255)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.create(p)
	if err != nil {
		return resource.Resource{}, err
	}
	return t.resource(), nil
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
	if err := t.checkTimeToLive(p.TimeToLiveSpecification); err != nil {
		return resource.Resource{}, err
	}
	keys, err := p.check()
	if err != nil {
		return resource.Resource{}, err
	}
	t.tableProperties, t.keys = p, keys
	return t.resource(), nil
}

// checkTimeToLive refuses to change the attribute of a time to live that stays enabled. Source:
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
func (t *table) checkTimeToLive(wanted timeToLive) error {
	held := t.TimeToLiveSpecification
	if held.Enabled && wanted.AttributeName != "" && wanted.AttributeName != held.AttributeName {
		return invalid("TimeToLive is active on a different AttributeName: current AttributeName is %s. "+
			"Disable TimeToLive first, and enable it with the other attribute in a later update.", held.AttributeName)
	}
	return nil
}

func (t *table) resource() resource.Resource {
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
