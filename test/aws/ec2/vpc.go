package ec2

import (
	"context"
	"net/netip"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

type vpcProperties struct {
	CidrBlock          string
	EnableDNSHostnames bool  `json:"EnableDnsHostnames"`
	EnableDNSSupport   *bool `json:"EnableDnsSupport"`
	InstanceTenancy    string
	Tags               []tag
}

const (
	largestNetwork  = 16 // bits of a VPC's or subnet's prefix
	smallestNetwork = 28
)

func parseNetwork(text string) (netip.Prefix, error) {
	network, err := netip.ParsePrefix(text)
	switch {
	case err != nil || !network.Addr().Is4():
		return network, gateway.Errorf("InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. "+
			"This is not a valid CIDR block.", text)
	case network.Bits() < largestNetwork || network.Bits() > smallestNetwork:
		return network, gateway.Errorf("InvalidVpc.Range", "The CIDR '%s' is invalid: it can be from /%d to /%d.",
			text, largestNetwork, smallestNetwork)
	}
	return network.Masked(), nil
}

// decodeVPC also returns whether interface endpoints of the VPC can have private DNS names.
func decodeVPC(r resource.Request) (p vpcProperties, dns bool, err error) {
	if p, err = resource.Decode[vpcProperties](r); err != nil {
		return p, false, err
	}
	if p.InstanceTenancy != "" && p.InstanceTenancy != "default" {
		return p, false, gateway.NotImplemented("the InstanceTenancy " + p.InstanceTenancy)
	}
	resolves := p.EnableDNSSupport == nil || *p.EnableDNSSupport
	if p.EnableDNSHostnames && !resolves {
		return p, false, gateway.Errorf("InvalidParameterCombination",
			"EnableDnsHostnames of %s needs EnableDnsSupport", r.LogicalID)
	}
	return p, p.EnableDNSHostnames, nil
}

func (s *Service) createVPC(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, dns, err := decodeVPC(r)
	if err != nil {
		return resource.Resource{}, err
	}
	network, err := parseNetwork(p.CidrBlock)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.add(part{kind: "vpc", cidr: network, dns: dns})
	t := s.parts[id]
	t.vpc = id
	s.parts[id] = t
	for _, kind := range []string{"sg", "acl"} {
		s.add(part{kind: kind, vpc: id, zone: defaultOf})
	}
	return s.vpc(id), nil
}

func (s *Service) updateVPC(_ context.Context, r resource.Request) (resource.Resource, error) {
	_, dns, err := decodeVPC(r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held, err := s.need("vpc", r.PhysicalID)
	if err != nil {
		return resource.Resource{}, err
	}
	held.dns = dns
	s.parts[r.PhysicalID] = held
	return s.vpc(r.PhysicalID), nil
}

// vpc must be called with mu held.
func (s *Service) vpc(id string) resource.Resource {
	attributes := map[string]any{
		"VpcId": id, "CidrBlock": s.parts[id].cidr.String(),
		"CidrBlockAssociations": []string{"vpc-cidr-assoc-" + id[len("vpc-"):]}, "Ipv6CidrBlocks": []string{},
	}
	for other, t := range s.parts {
		if t.vpc == id && t.zone == defaultOf {
			attributes[map[string]string{"sg": "DefaultSecurityGroup", "acl": "DefaultNetworkAcl"}[t.kind]] = other
		}
	}
	return resource.Resource{PhysicalID: id, Attributes: attributes}
}

type subnetProperties struct {
	VPCID               string `json:"VpcId"`
	CidrBlock           string
	AvailabilityZone    string
	MapPublicIPOnLaunch bool `json:"MapPublicIpOnLaunch"`
	Tags                []tag
}

func (s *Service) createSubnet(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[subnetProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	network, err := parseNetwork(p.CidrBlock)
	if err != nil {
		return resource.Resource{}, err
	}
	zone := p.AvailabilityZone
	if zone == "" {
		zone = s.acct.Region + "a"
	}
	if len(zone) != len(s.acct.Region)+1 || zone[:len(s.acct.Region)] != s.acct.Region {
		return resource.Resource{}, gateway.Errorf("InvalidParameterValue",
			"Value (%s) for parameter availabilityZone is invalid: the embedded AWS is in %s.", zone, s.acct.Region)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	vpc, err := s.need("vpc", p.VPCID)
	if err != nil {
		return resource.Resource{}, err
	}
	if network.Bits() < vpc.cidr.Bits() || !vpc.cidr.Contains(network.Addr()) {
		return resource.Resource{}, gateway.Errorf("InvalidSubnet.Range",
			"The CIDR '%s' is invalid: it is not inside %s of %s.", p.CidrBlock, vpc.cidr, p.VPCID)
	}
	for id, t := range s.parts {
		if t.kind == "subnet" && t.vpc == p.VPCID && t.cidr.Overlaps(network) {
			return resource.Resource{}, gateway.Errorf("InvalidSubnet.Conflict",
				"The CIDR '%s' conflicts with another subnet: %s of %s", p.CidrBlock, t.cidr, id)
		}
	}
	return s.subnet(s.add(part{kind: "subnet", vpc: p.VPCID, cidr: network, zone: zone, uses: []string{p.VPCID}})), nil
}

func (s *Service) updateSubnet(_ context.Context, r resource.Request) (resource.Resource, error) {
	if _, err := resource.Decode[subnetProperties](r); err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.need("subnet", r.PhysicalID); err != nil {
		return resource.Resource{}, err
	}
	return s.subnet(r.PhysicalID), nil
}

// subnet must be called with mu held.
func (s *Service) subnet(id string) resource.Resource {
	t := s.parts[id]
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{
		"SubnetId": id, "VpcId": t.vpc, "AvailabilityZone": t.zone, "CidrBlock": t.cidr.String(),
		"NetworkAclAssociationId": "aclassoc-" + id[len("subnet-"):],
	}}
}

type routeTableProperties struct {
	VPCID string `json:"VpcId"`
	Tags  []tag
}

func (s *Service) createRouteTable(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[routeTableProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.need("vpc", p.VPCID); err != nil {
		return resource.Resource{}, err
	}
	return s.routeTable(s.add(part{kind: "rtb", vpc: p.VPCID, uses: []string{p.VPCID}})), nil
}

func (s *Service) updateRouteTable(_ context.Context, r resource.Request) (resource.Resource, error) {
	if _, err := resource.Decode[routeTableProperties](r); err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.need("rtb", r.PhysicalID); err != nil {
		return resource.Resource{}, err
	}
	return s.routeTable(r.PhysicalID), nil
}

// routeTable must be called with mu held.
func (s *Service) routeTable(id string) resource.Resource {
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{"RouteTableId": id, "VpcId": s.parts[id].vpc}}
}
