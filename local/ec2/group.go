package ec2

import (
	"context"

	"github.com/oralake/oralake/local/gateway"
	"github.com/oralake/oralake/local/resource"
)

// group is a security group.
type group struct {
	id, vpc, name   string
	ofVPC           bool // the default group, which comes and goes with its VPC
	description     string
	ingress, egress []rule
	tags            map[string]string
}

func (g *group) needs() []string {
	if g.ofVPC {
		return nil
	}
	needed := []string{g.vpc}
	for _, r := range g.ingress {
		needed = append(needed, r.SourceSecurityGroupID)
	}
	for _, r := range g.egress {
		needed = append(needed, r.DestinationSecurityGroupID)
	}
	return needed
}

type groupProperties struct {
	GroupName            string
	GroupDescription     string
	VPCID                string `json:"VpcId"`
	SecurityGroupIngress []rule
	SecurityGroupEgress  []rule
	Tags                 []tag
}

func (s *Service) createGroup(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[groupProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if err := required(r, map[string]string{"GroupDescription": p.GroupDescription, "VpcId": p.VPCID}); err != nil {
		return resource.Resource{}, err
	}
	if p.GroupName == "" {
		p.GroupName = r.Name(255)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := get[*vpc](s, "InvalidVpcID", p.VPCID)
	if err != nil {
		return resource.Resource{}, err
	}
	for _, other := range all[*group](s) {
		if other.vpc == v.id && other.name == p.GroupName {
			return resource.Resource{}, gateway.Errorf("InvalidGroup.Duplicate",
				"The security group '%s' already exists for VPC '%s'", p.GroupName, v.id)
		}
	}
	g := &group{id: newID("sg"), vpc: v.id, name: p.GroupName, description: p.GroupDescription}
	if err := s.fillGroup(g, r, p); err != nil {
		return resource.Resource{}, err
	}
	s.items[g.id] = g
	return g.resource(), nil
}

// fillGroup needs mu.
func (s *Service) fillGroup(g *group, r resource.Request, p groupProperties) error {
	for _, in := range p.SecurityGroupIngress {
		if err := s.checkRule(in, ingress); err != nil {
			return err
		}
	}
	for _, out := range p.SecurityGroupEgress {
		if err := s.checkRule(out, egress); err != nil {
			return err
		}
	}
	g.ingress, g.egress, g.tags = p.SecurityGroupIngress, p.SecurityGroupEgress, tagged(r, p.Tags)
	if len(g.egress) == 0 {
		g.egress = []rule{{IPProtocol: "-1", CidrIP: "0.0.0.0/0"}} // what EC2 gives a group without rules
	}
	return nil
}

func (g *group) resource() resource.Resource {
	return resource.Resource{PhysicalID: g.id, Attributes: map[string]any{"Id": g.id, "GroupId": g.id, "VpcId": g.vpc}}
}

func (s *Service) updateGroup(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[groupProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := get[*group](s, "InvalidGroup", r.PhysicalID)
	if err != nil {
		return resource.Resource{}, err
	}
	if err := s.fillGroup(g, r, p); err != nil {
		return resource.Resource{}, err
	}
	return g.resource(), nil
}

// deleteGroup takes the group's own rules along.
func (s *Service) deleteGroup(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.drop(r.PhysicalID); err != nil {
		return err
	}
	for id, own := range all[*groupRule](s) {
		if own.group == r.PhysicalID {
			delete(s.items, id)
		}
	}
	return nil
}
