package ec2

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/local/gateway"
	"github.com/oralake/oralake/local/resource"
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
	s.things[r.PhysicalID] = changed
	return endpointResource(r.PhysicalID, changed), nil
}

// endpoint needs mu.
func (s *Service) endpoint(r resource.Request) (thing, error) {
	p, err := resource.Decode[endpointProperties](r)
	if err != nil {
		return thing{}, err
	}
	if _, err := s.need("vpc", p.VPCID); err != nil {
		return thing{}, err
	}
	if !strings.HasPrefix(p.ServiceName, "com.amazonaws."+s.acct.Region+".") {
		return thing{}, gateway.Errorf("InvalidServiceName",
			"The Vpc Endpoint Service '%s' does not exist in %s", p.ServiceName, s.acct.Region)
	}
	switch p.VPCEndpointType {
	case "", "Gateway":
		if len(p.SubnetIDs)+len(p.SecurityGroupIDs) > 0 || p.PrivateDNSEnabled {
			return thing{}, gateway.Errorf("InvalidParameter",
				"a gateway endpoint has route tables, and no subnets, security groups or private DNS")
		}
	case "Interface":
		if len(p.RouteTableIDs) > 0 {
			return thing{}, gateway.Errorf("InvalidParameter", "an interface endpoint has subnets, and no route tables")
		}
	default:
		return thing{}, gateway.NotImplemented("the VPC endpoint type " + p.VPCEndpointType)
	}
	for kind, ids := range map[string][]string{"rtb": p.RouteTableIDs, "subnet": p.SubnetIDs, "sg": p.SecurityGroupIDs} {
		if err := s.inVPC(p.VPCID, kind, ids); err != nil {
			return thing{}, err
		}
	}
	return thing{
		kind: "vpce", vpc: p.VPCID,
		uses: slices.Concat([]string{p.VPCID}, p.RouteTableIDs, p.SubnetIDs, p.SecurityGroupIDs),
	}, nil
}

// endpointResource gives an interface endpoint a network interface a subnet, named after both.
func endpointResource(id string, t thing) resource.Resource {
	interfaces, entries := []string{}, []string{}
	for _, used := range t.uses {
		if subnet, ok := strings.CutPrefix(used, "subnet-"); ok {
			interfaces = append(interfaces, "eni-"+subnet)
			entries = append(entries, "Z0LOCAL:"+id+".vpce.local")
		}
	}
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{
		"Id": id, "CreationTimestamp": time.Now().UTC().Format(time.RFC3339),
		"NetworkInterfaceIds": interfaces, "DnsEntries": entries,
	}}
}

type flowLogProperties struct {
	ResourceID               string `json:"ResourceId"`
	ResourceType             string
	TrafficType              string
	LogDestinationType       string
	LogDestination           string
	LogGroupName             string
	LogFormat                string
	DeliverLogsPermissionARN string `json:"DeliverLogsPermissionArn"`
	MaxAggregationInterval   int
	Tags                     []tag
}

// createFlowLog makes a flow log in which nothing is ever written, as nothing flows.
func (s *Service) createFlowLog(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[flowLogProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	kind, ok := map[string]string{"VPC": "vpc", "Subnet": "subnet"}[p.ResourceType]
	if !ok {
		return resource.Resource{}, gateway.NotImplemented("flow logs of a " + p.ResourceType)
	}
	if p.LogDestination == "" && p.LogGroupName == "" {
		return resource.Resource{}, gateway.Errorf("MissingParameter", "a flow log needs a LogDestination or a LogGroupName")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.need(kind, p.ResourceID)
	if err != nil {
		return resource.Resource{}, err
	}
	// A flow log goes with what it watches, so it keeps nothing from being deleted.
	id := s.add(thing{kind: "fl", vpc: t.vpc})
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
}
