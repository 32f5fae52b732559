package ec2

import (
	"context"
	"net/netip"
	"regexp"
	"strings"

	"github.com/oralake/oralake/local/gateway"
	"github.com/oralake/oralake/local/resource"
)

type subnet struct {
	id, vpc, zone string
	block         netip.Prefix
	aclLink       string
	publicIP      bool
	tags          map[string]string
}

func (n *subnet) needs() []string { return []string{n.vpc} }

type subnetProperties struct {
	VPCID               string `json:"VpcId"`
	CidrBlock           string
	AvailabilityZone    string
	MapPublicIPOnLaunch bool `json:"MapPublicIpOnLaunch"`
	Tags                []tag
}

// zones are those that Fn::GetAZs knows.
var zones = regexp.MustCompile(`^[abc]$`)

func (s *Service) createSubnet(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[subnetProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if p.AvailabilityZone == "" {
		p.AvailabilityZone = s.acct.Region + "a"
	}
	if letter, here := strings.CutPrefix(p.AvailabilityZone, s.acct.Region); !here || !zones.MatchString(letter) {
		return resource.Resource{}, gateway.Errorf("InvalidParameterValue",
			"Value (%s) for parameter availabilityZone is invalid: want %[2]sa, %[2]sb or %[2]sc", p.AvailabilityZone, s.acct.Region)
	}
	block, err := parseBlock("InvalidSubnet.Range", p.CidrBlock)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := get[*vpc](s, "InvalidVpcID", p.VPCID)
	if err != nil {
		return resource.Resource{}, err
	}
	if !v.block.Contains(block.Addr()) || block.Bits() < v.block.Bits() {
		return resource.Resource{}, gateway.Errorf("InvalidSubnet.Range",
			"The CIDR '%s' is invalid: it is not within %s of %s", block, v.block, v.id)
	}
	for id, other := range all[*subnet](s) {
		if other.vpc == v.id && other.block.Overlaps(block) {
			return resource.Resource{}, gateway.Errorf("InvalidSubnet.Conflict",
				"The CIDR '%s' conflicts with another subnet: %s has %s", block, id, other.block)
		}
	}
	n := &subnet{
		id: newID("subnet"), vpc: v.id, zone: p.AvailabilityZone, block: block, aclLink: newID("aclassoc"),
		publicIP: p.MapPublicIPOnLaunch, tags: tagged(r, p.Tags),
	}
	s.items[n.id] = n
	return n.resource(), nil
}

func (n *subnet) resource() resource.Resource {
	return resource.Resource{PhysicalID: n.id, Attributes: map[string]any{
		"SubnetId": n.id, "VpcId": n.vpc, "AvailabilityZone": n.zone, "CidrBlock": n.block.String(),
		"NetworkAclAssociationId": n.aclLink, "Ipv6CidrBlocks": []any{},
	}}
}

func (s *Service) updateSubnet(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[subnetProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := get[*subnet](s, "InvalidSubnetID", r.PhysicalID)
	if err != nil {
		return resource.Resource{}, err
	}
	n.publicIP, n.tags = p.MapPublicIPOnLaunch, tagged(r, p.Tags)
	return n.resource(), nil
}

// remove deletes what nothing else needs.
func (s *Service) remove(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drop(r.PhysicalID)
}
