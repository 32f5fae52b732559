package ec2

import (
	"context"
	"net/netip"
	"slices"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

type groupProperties struct {
	GroupName            string
	GroupDescription     string
	VPCID                string `json:"VpcId"`
	SecurityGroupIngress []rule
	SecurityGroupEgress  []rule
	Tags                 []tag
}

// rule allows traffic in or out. The port range is inclusive; -1 means everything.
type rule struct {
	IPProtocol                 string `json:"IpProtocol"`
	FromPort, ToPort           *int
	CidrIP                     string `json:"CidrIp"`
	CidrIPv6                   string `json:"CidrIpv6"`
	SourceSecurityGroupID      string `json:"SourceSecurityGroupId"`
	SourceSecurityGroupOwnerID string `json:"SourceSecurityGroupOwnerId"`
	DestinationSecurityGroupID string `json:"DestinationSecurityGroupId"`
	SourcePrefixListID         string `json:"SourcePrefixListId"`
	DestinationPrefixListID    string `json:"DestinationPrefixListId"`
	Description                string
}

// check returns the security group that a rule names. It is empty if the rule names an address range or a prefix list.
func (r rule) check() (group string, err error) {
	named := slices.DeleteFunc([]string{
		r.CidrIP, r.CidrIPv6, r.SourceSecurityGroupID, r.DestinationSecurityGroupID,
		r.SourcePrefixListID, r.DestinationPrefixListID,
	}, func(text string) bool { return text == "" })
	if len(named) != 1 {
		return "", gateway.Errorf("InvalidParameterCombination",
			"a security group rule names %d targets: want exactly one of an address range, a security group and a prefix list", len(named))
	}
	if text := r.CidrIP + r.CidrIPv6; text != "" {
		if _, err := netip.ParsePrefix(text); err != nil {
			return "", gateway.Errorf("InvalidParameterValue", "CIDR block %s is malformed", text)
		}
	}
	switch r.IPProtocol {
	case "icmp", "icmpv6", "-1":
	case "tcp", "udp":
		if r.FromPort == nil || r.ToPort == nil || *r.FromPort < 0 || *r.ToPort > 65535 {
			return "", gateway.Errorf("InvalidParameterValue",
				"a security group rule of %s needs FromPort and ToPort, from 0 to 65535", r.IPProtocol)
		}
	default:
		return "", gateway.Errorf("InvalidParameterValue",
			"IpProtocol %q: want tcp, udp, icmp, icmpv6 or -1", r.IPProtocol)
	}
	if r.FromPort != nil && r.ToPort != nil && *r.FromPort > *r.ToPort {
		return "", gateway.Errorf("InvalidParameterValue", "Invalid TCP/UDP port range (%d:%d)", *r.FromPort, *r.ToPort)
	}
	return r.SourceSecurityGroupID + r.DestinationSecurityGroupID, nil
}

func (s *Service) createSecurityGroup(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[groupProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.need("vpc", p.VPCID); err != nil {
		return resource.Resource{}, err
	}
	if p.GroupDescription == "" {
		return resource.Resource{}, gateway.Errorf("MissingParameter",
			"the security group %s needs a GroupDescription", r.LogicalID)
	}
	uses, err := s.groupUses(p)
	if err != nil {
		return resource.Resource{}, err
	}
	return s.group(s.add(part{kind: "sg", vpc: p.VPCID, uses: uses})), nil
}

func (s *Service) updateSecurityGroup(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[groupProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held, err := s.need("sg", r.PhysicalID)
	if err != nil {
		return resource.Resource{}, err
	}
	if held.uses, err = s.groupUses(p); err != nil {
		return resource.Resource{}, err
	}
	s.parts[r.PhysicalID] = held
	return s.group(r.PhysicalID), nil
}

// groupUses returns the VPC of a group and the groups that its rules name. It must be called with mu held.
func (s *Service) groupUses(p groupProperties) ([]string, error) {
	uses := []string{p.VPCID}
	for _, r := range slices.Concat(p.SecurityGroupIngress, p.SecurityGroupEgress) {
		peer, err := r.check()
		if err != nil {
			return nil, err
		}
		if peer == "" {
			continue
		}
		if _, err := s.need("sg", peer); err != nil {
			return nil, err
		}
		uses = append(uses, peer)
	}
	return uses, nil
}

// group must be called with mu held.
func (s *Service) group(id string) resource.Resource {
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{"GroupId": id, "Id": id, "VpcId": s.parts[id].vpc}}
}
