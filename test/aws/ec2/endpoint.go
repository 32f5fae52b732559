package ec2

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

type endpointProperties struct {
	VPCID             string `json:"VpcId"`
	ServiceName       string
	VPCEndpointType   string   `json:"VpcEndpointType"`
	RouteTableIDs     []string `json:"RouteTableIds"`
	SubnetIDs         []string `json:"SubnetIds"`
	SecurityGroupIDs  []string `json:"SecurityGroupIds"`
	PrivateDNSEnabled bool     `json:"PrivateDnsEnabled"`
	PolicyDocument    json.RawMessage
	Tags              []tag
}

func (s *Service) createEndpoint(_ context.Context, r resource.Request) (resource.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	made, err := s.endpoint(r)
	if err != nil {
		return resource.Resource{}, err
	}
	return endpointResource(s.add(made), made), nil
}

func (s *Service) updateEndpoint(_ context.Context, r resource.Request) (resource.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.need("vpce", r.PhysicalID); err != nil {
		return resource.Resource{}, err
	}
	changed, err := s.endpoint(r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.parts[r.PhysicalID] = changed
	return endpointResource(r.PhysicalID, changed), nil
}

// endpoint must be called with mu held.
func (s *Service) endpoint(r resource.Request) (part, error) {
	p, err := resource.Decode[endpointProperties](r)
	if err != nil {
		return part{}, err
	}
	vpc, err := s.need("vpc", p.VPCID)
	if err != nil {
		return part{}, err
	}
	if !strings.HasPrefix(p.ServiceName, "com.amazonaws."+s.acct.Region+".") {
		return part{}, gateway.Errorf("InvalidServiceName",
			"The Vpc Endpoint Service '%s' does not exist in %s", p.ServiceName, s.acct.Region)
	}
	switch p.VPCEndpointType {
	case "", "Gateway":
		if len(p.SubnetIDs)+len(p.SecurityGroupIDs) > 0 || p.PrivateDNSEnabled {
			return part{}, gateway.Errorf("InvalidParameter",
				"a gateway endpoint takes route tables, and no subnets, security groups or private DNS")
		}
	case "Interface":
		if len(p.RouteTableIDs) > 0 {
			return part{}, gateway.Errorf("InvalidParameter", "an interface endpoint takes subnets, and no route tables")
		}
		if p.PrivateDNSEnabled && !vpc.dns {
			return part{}, gateway.Errorf("InvalidParameter", "Enabling private DNS requires both enableDnsSupport and "+
				"enableDnsHostnames VPC attributes set to true for %s", p.VPCID)
		}
	default:
		return part{}, gateway.NotImplemented("the VPC endpoint type " + p.VPCEndpointType)
	}
	for kind, ids := range map[string][]string{"rtb": p.RouteTableIDs, "subnet": p.SubnetIDs, "sg": p.SecurityGroupIDs} {
		if err := s.inVPC(p.VPCID, kind, ids); err != nil {
			return part{}, err
		}
	}
	return part{
		kind: "vpce", vpc: p.VPCID,
		uses: slices.Concat([]string{p.VPCID}, p.RouteTableIDs, p.SubnetIDs, p.SecurityGroupIDs),
	}, nil
}

// endpointResource gives an interface endpoint one network interface in each of its subnets. It omits DnsEntries
// because the embedded AWS resolves no names.
func endpointResource(id string, t part) resource.Resource {
	interfaces := []string{}
	for _, used := range t.uses {
		if subnet, ok := strings.CutPrefix(used, "subnet-"); ok {
			interfaces = append(interfaces, "eni-"+subnet)
		}
	}
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{
		"Id": id, "NetworkInterfaceIds": interfaces,
	}}
}
