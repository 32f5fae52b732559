package scheduler

import (
	"context"
	"errors"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Resources returns the CloudFormation types of EventBridge Scheduler.
func (s *Service) Resources() resource.Types {
	return resource.Types{
		"AWS::Scheduler::Schedule": {
			CreateOnly: []string{"Name", "GroupName"},
			Create:     s.createResource, Update: s.updateResource, Delete: s.deleteResource,
		},
		"AWS::Scheduler::ScheduleGroup": {
			CreateOnly: []string{"Name"},
			Create:     s.createGroupResource, Delete: s.deleteGroupResource,
		},
	}
}

func (s *Service) createResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	d, p, err := s.newDefinition(r)
	if err != nil {
		return resource.Resource{}, err
	}
	if p.Name == "" {
		p.Name = r.Name(64)
	}
	sched, err := s.create(p.GroupName, p.Name, d)
	if err != nil {
		return resource.Resource{}, err
	}
	return sched.resource(), nil
}

func (s *Service) updateResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	d, p, err := s.newDefinition(r)
	if err != nil {
		return resource.Resource{}, err
	}
	sched, err := s.update(p.GroupName, r.PhysicalID, d)
	if err != nil {
		return resource.Resource{}, err
	}
	return sched.resource(), nil
}

func (sched *schedule) resource() resource.Resource {
	return resource.Resource{PhysicalID: sched.name, Attributes: map[string]any{"Arn": sched.arn}}
}

func (s *Service) deleteResource(_ context.Context, r resource.Request) error {
	p, err := resource.Decode[properties](r)
	if err != nil {
		return err
	}
	return ignoreNotFound(s.delete(p.GroupName, r.PhysicalID))
}

// ignoreNotFound returns nil for a ResourceNotFoundException: deleting a missing resource succeeds.
func ignoreNotFound(err error) error {
	var e *gateway.Error
	if errors.As(err, &e) && e.Code == "ResourceNotFoundException" {
		return nil
	}
	return err
}

type tag struct{ Key, Value string }

type groupProperties struct {
	Name string
	Tags []tag
}

func (s *Service) createGroupResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[groupProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if p.Name == "" {
		p.Name = r.Name(64)
	}
	g, err := s.createGroup(p.Name)
	if err != nil {
		return resource.Resource{}, err
	}
	at := g.created.UTC().Format(time.RFC3339)
	return resource.Resource{PhysicalID: g.name, Attributes: map[string]any{
		"Arn": g.arn, "State": "ACTIVE", "CreationDate": at, "LastModificationDate": at,
	}}, nil
}

func (s *Service) deleteGroupResource(_ context.Context, r resource.Request) error {
	return ignoreNotFound(s.deleteGroup(r.PhysicalID))
}
