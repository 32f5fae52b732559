package cloudwatchlogs

import (
	"context"

	"github.com/oralake/oralake/test/aws/resource"
)

// Resources returns the CloudFormation types AWS::Logs::LogGroup and AWS::Logs::QueryDefinition.
func (s *Service) Resources() resource.Types {
	return resource.Types{
		"AWS::Logs::LogGroup": {
			CreateOnly: []string{"LogGroupName"},
			Create:     s.createGroupResource, Update: s.updateGroupResource, Delete: s.deleteGroupResource,
		},
		"AWS::Logs::QueryDefinition": {Create: s.putQuery, Update: s.putQuery, Delete: s.deleteQuery},
	}
}

type groupProperties struct {
	LogGroupName    string
	RetentionInDays int
	KMSKeyID        string `json:"KmsKeyId"`
	Tags            []struct{ Key, Value string }
}

func groupSettingsOf(r resource.Request) (groupSettings, error) {
	p, err := resource.Decode[groupProperties](r)
	if err != nil {
		return groupSettings{}, err
	}
	settings := groupSettings{name: p.LogGroupName, kmsKey: p.KMSKeyID, retentionDays: p.RetentionInDays}
	if settings.name == "" {
		settings.name = r.PhysicalID
	}
	if settings.name == "" {
		settings.name = r.Name(512)
	}
	return settings, nil
}

func (s *Service) createGroupResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	settings, err := groupSettingsOf(r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.newGroup(settings)
	if err != nil {
		return resource.Resource{}, err
	}
	return g.resource(), nil
}

func (g *group) resource() resource.Resource {
	return resource.Resource{PhysicalID: g.name, Attributes: map[string]any{"Arn": g.arn + ":*"}}
}

func (s *Service) updateGroupResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	settings, err := groupSettingsOf(r)
	if err != nil {
		return resource.Resource{}, err
	}
	if err := settings.check(); err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(r.PhysicalID, "")
	if err != nil {
		return resource.Resource{}, err
	}
	g.apply(settings)
	return g.resource(), nil
}

func (s *Service) deleteGroupResource(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g, ok := s.groups[r.PhysicalID]; ok {
		s.removeGroup(g)
	}
	return nil
}
