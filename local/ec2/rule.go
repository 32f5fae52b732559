package ec2

import (
	"context"
	"net/netip"
	"slices"

	"github.com/oralake/oralake/local/gateway"
	"github.com/oralake/oralake/local/resource"
)

// rule lets traffic into or out of a security group.
type rule struct {
	IPProtocol                 string `json:"IpProtocol"`
	FromPort, ToPort           *int
	CidrIP                     string `json:"CidrIp"`
	CidrIPv6                   string `json:"CidrIpv6"`
	SourceSecurityGroupID      string `json:"SourceSecurityGroupId"`
	DestinationSecurityGroupID string `json:"DestinationSecurityGroupId"`
	Description                string
}

type direction string

const (
	ingress direction = "ingress"
	egress  direction = "egress"
)

// checkRule needs mu.
func (s *Service) checkRule(r rule, way direction) error {
	if way == ingress && r.DestinationSecurityGroupID != "" || way == egress && r.SourceSecurityGroupID != "" {
		return gateway.Errorf("InvalidParameterValue", "an %s rule names the security group of the wrong side", way)
	}
	peers := slices.DeleteFunc([]string{r.CidrIP, r.CidrIPv6, r.SourceSecurityGroupID, r.DestinationSecurityGroupID},
		func(peer string) bool { return peer == "" })
	if len(peers) != 1 {
		return gateway.Errorf("InvalidParameterValue",
			"an %s rule names %d peers, want one of CidrIp, CidrIpv6 and a security group", way, len(peers))
	}
	if id := r.SourceSecurityGroupID + r.DestinationSecurityGroupID; id != "" {
		if _, err := get[*group](s, "InvalidGroup", id); err != nil {
			return err
		}
	} else if block, err := netip.ParsePrefix(peers[0]); err != nil || block.Addr().Is4() != (r.CidrIP != "") {
		return gateway.Errorf("InvalidParameterValue", "CIDR block %s is malformed", peers[0])
	}
	return r.checkPorts()
}

func (r rule) checkPorts() error {
	switch r.IPProtocol {
	case "tcp", "udp", "6", "17":
		if r.FromPort == nil || r.ToPort == nil || *r.FromPort < 0 || *r.FromPort > *r.ToPort || *r.ToPort > 65535 {
			return gateway.Errorf("InvalidParameterValue",
				"a rule of protocol %s wants FromPort and ToPort, from 0 to 65535 and in this order", r.IPProtocol)
		}
	case "icmp", "icmpv6", "-1":
	default:
		return gateway.Errorf("InvalidParameterValue",
			"Invalid value '%s' for IP protocol: the embedded AWS takes tcp, udp, icmp, icmpv6 and -1", r.IPProtocol)
	}
	return nil
}

// groupRule is a rule that is a resource of its own. It goes with its group, and keeps only the other group there.
type groupRule struct {
	group string
	rule  rule
}

func (g *groupRule) needs() []string {
	if peer := g.rule.SourceSecurityGroupID + g.rule.DestinationSecurityGroupID; peer != "" && peer != g.group {
		return []string{peer}
	}
	return nil
}

type ruleProperties struct {
	GroupID string `json:"GroupId"`
	rule
}

func (s *Service) createIngress(_ context.Context, r resource.Request) (resource.Resource, error) {
	return s.createRule(r, ingress)
}

func (s *Service) createEgress(_ context.Context, r resource.Request) (resource.Resource, error) {
	return s.createRule(r, egress)
}

func (s *Service) createRule(r resource.Request, way direction) (resource.Resource, error) {
	p, err := resource.Decode[ruleProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := get[*group](s, "InvalidGroup", p.GroupID)
	if err != nil {
		return resource.Resource{}, err
	}
	if err := s.checkRule(p.rule, way); err != nil {
		return resource.Resource{}, err
	}
	id := newID("sgr")
	s.items[id] = &groupRule{group: g.id, rule: p.rule}
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
}
