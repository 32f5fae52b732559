package ec2

import (
	"context"

	"github.com/oralake/oralake/local/gateway"
	"github.com/oralake/oralake/local/resource"
)

// routeTable has the VPC's own route and those that gateway endpoints add; AWS::EC2::Route is not implemented.
type routeTable struct {
	id, vpc string
	tags    map[string]string
}

func (t *routeTable) needs() []string { return []string{t.vpc} }

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
	v, err := get[*vpc](s, "InvalidVpcID", p.VPCID)
	if err != nil {
		return resource.Resource{}, err
	}
	t := &routeTable{id: newID("rtb"), vpc: v.id, tags: tagged(r, p.Tags)}
	s.items[t.id] = t
	return t.resource(), nil
}

func (t *routeTable) resource() resource.Resource {
	return resource.Resource{PhysicalID: t.id, Attributes: map[string]any{"RouteTableId": t.id, "VpcId": t.vpc}}
}

func (s *Service) updateRouteTable(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[routeTableProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := get[*routeTable](s, "InvalidRouteTableID", r.PhysicalID)
	if err != nil {
		return resource.Resource{}, err
	}
	t.tags = tagged(r, p.Tags)
	return t.resource(), nil
}

// association says which route table a subnet uses instead of its VPC's main one.
type association struct{ id, subnet, table string }

func (a *association) needs() []string { return []string{a.subnet, a.table} }

type associationProperties struct {
	SubnetID     string `json:"SubnetId"`
	RouteTableID string `json:"RouteTableId"`
}

func (s *Service) createAssociation(_ context.Context, r resource.Request) (resource.Resource, error) {
	a := &association{id: newID("rtbassoc")}
	return s.associate(r, a)
}

func (s *Service) updateAssociation(_ context.Context, r resource.Request) (resource.Resource, error) {
	return s.associate(r, &association{id: r.PhysicalID})
}

func (s *Service) associate(r resource.Request, a *association) (resource.Resource, error) {
	p, err := resource.Decode[associationProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := get[*subnet](s, "InvalidSubnetID", p.SubnetID)
	if err != nil {
		return resource.Resource{}, err
	}
	t, err := get[*routeTable](s, "InvalidRouteTableID", p.RouteTableID)
	if err != nil {
		return resource.Resource{}, err
	}
	if n.vpc != t.vpc {
		return resource.Resource{}, gateway.Errorf("InvalidParameterValue",
			"route table %s and network %s belong to different networks", t.id, n.id)
	}
	for id, other := range all[*association](s) {
		if id != a.id && other.subnet == n.id {
			return resource.Resource{}, gateway.Errorf("Resource.AlreadyAssociated",
				"the specified association for route table %s conflicts with an existing association: %s", t.id, id)
		}
	}
	a.subnet, a.table = n.id, t.id
	s.items[a.id] = a
	return resource.Resource{PhysicalID: a.id, Attributes: map[string]any{"Id": a.id}}, nil
}
