package ec2

import (
	"context"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

type associationProperties struct {
	RouteTableID string `json:"RouteTableId"`
	SubnetID     string `json:"SubnetId"`
}

func (s *Service) createAssociation(_ context.Context, r resource.Request) (resource.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	made, err := s.association(r)
	if err != nil {
		return resource.Resource{}, err
	}
	id := s.add(made)
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
}

// updateAssociation changes the subnet's route table in one step, so that the subnet always has a route table.
func (s *Service) updateAssociation(_ context.Context, r resource.Request) (resource.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.need("rtbassoc", r.PhysicalID); err != nil {
		return resource.Resource{}, err
	}
	changed, err := s.association(r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.parts[r.PhysicalID] = changed
	return resource.Resource{PhysicalID: r.PhysicalID, Attributes: map[string]any{"Id": r.PhysicalID}}, nil
}

// association must be called with mu held.
func (s *Service) association(r resource.Request) (part, error) {
	p, err := resource.Decode[associationProperties](r)
	if err != nil {
		return part{}, err
	}
	table, err := s.need("rtb", p.RouteTableID)
	if err != nil {
		return part{}, err
	}
	if err := s.inVPC(table.vpc, "subnet", []string{p.SubnetID}); err != nil {
		return part{}, err
	}
	for id, t := range s.parts {
		if t.kind == "rtbassoc" && id != r.PhysicalID && t.uses[1] == p.SubnetID {
			return part{}, gateway.Errorf("Resource.AlreadyAssociated",
				"the specified association for route table %s conflicts with an existing association: %s", p.RouteTableID, id)
		}
	}
	return part{kind: "rtbassoc", vpc: table.vpc, uses: []string{p.RouteTableID, p.SubnetID}}, nil
}
