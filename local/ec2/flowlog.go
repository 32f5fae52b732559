package ec2

import (
	"context"

	"github.com/oralake/oralake/local/gateway"
	"github.com/oralake/oralake/local/resource"
)

// flowLog would write down the traffic of a VPC or subnet; as there is none, its log group stays empty.
type flowLog struct {
	of   string
	tags map[string]string
}

func (f *flowLog) needs() []string { return nil }

type flowLogProperties struct {
	ResourceID               string `json:"ResourceId"`
	ResourceType             string
	TrafficType              string
	LogDestinationType       string
	LogDestination           string
	LogGroupName             string
	DeliverLogsPermissionArn string
	MaxAggregationInterval   int // seconds
	LogFormat                string
	Tags                     []tag
}

func (p flowLogProperties) check(r resource.Request) error {
	if err := oneOf(r, "ResourceType", p.ResourceType, "VPC", "Subnet"); err != nil {
		return err
	}
	if err := oneOf(r, "TrafficType", p.TrafficType, "ACCEPT", "ALL", "REJECT"); err != nil {
		return err
	}
	if interval := p.MaxAggregationInterval; interval != 0 && interval != 60 && interval != 600 {
		return gateway.Errorf("InvalidParameter", "MaxAggregationInterval of %s is %d, want 60 or 600", r.LogicalID, interval)
	}
	switch p.LogDestinationType {
	case "", "cloud-watch-logs":
		if (p.LogGroupName == "") == (p.LogDestination == "") {
			return gateway.Errorf("InvalidParameter", "%s wants either LogGroupName or LogDestination", r.LogicalID)
		}
		return required(r, map[string]string{"DeliverLogsPermissionArn": p.DeliverLogsPermissionArn})
	case "s3":
		return required(r, map[string]string{"LogDestination": p.LogDestination})
	default:
		return oneOf(r, "LogDestinationType", p.LogDestinationType, "cloud-watch-logs", "s3")
	}
}

func (s *Service) createFlowLog(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[flowLogProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if err := p.check(r); err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.ResourceType == "VPC" {
		_, err = get[*vpc](s, "InvalidVpcId", p.ResourceID)
	} else {
		_, err = get[*subnet](s, "InvalidSubnetId", p.ResourceID)
	}
	if err != nil {
		return resource.Resource{}, err
	}
	id := newID("fl")
	s.items[id] = &flowLog{of: p.ResourceID, tags: tagged(r, p.Tags)}
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
}

func (s *Service) updateFlowLog(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[flowLogProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := get[*flowLog](s, "InvalidFlowLogId", r.PhysicalID)
	if err != nil {
		return resource.Resource{}, err
	}
	f.tags = tagged(r, p.Tags)
	return resource.Resource{PhysicalID: r.PhysicalID, Attributes: map[string]any{"Id": r.PhysicalID}}, nil
}
