package dms

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/oralake/oralake/test/aws/resource"
)

// Resources returns the CloudFormation types of DMS. AWS::DMS::ReplicationTask is not among them, so the engine refuses
// it: tasks are created at run time.
func (s *Service) Resources() resource.Types {
	return resource.Types{
		"AWS::DMS::ReplicationSubnetGroup": {
			CreateOnly: []string{"ReplicationSubnetGroupIdentifier"},
			Create:     s.createSubnetGroup, Update: s.updateSubnetGroup, Delete: s.deleteSubnetGroup,
		},
		"AWS::DMS::ReplicationInstance": {
			CreateOnly: []string{
				"AvailabilityZone", "DnsNameServers", "KmsKeyId", "PubliclyAccessible", "ReplicationSubnetGroupIdentifier",
				"ResourceIdentifier",
			},
			Create: s.createInstance, Update: s.updateInstance, Delete: s.deleteInstance,
		},
		"AWS::DMS::Endpoint": {
			CreateOnly: []string{"KmsKeyId", "ResourceIdentifier"},
			Create:     s.createEndpoint, Update: s.updateEndpoint, Delete: s.deleteEndpoint,
		},
	}
}

// resourceARN returns the ARN of a resource. Its last part is identifier, or a random text when identifier is empty.
func (s *Service) resourceARN(kind, identifier string) (string, error) {
	if identifier == "" {
		return s.account.ARN("dms", kind+":"+rand.Text()), nil
	}
	if err := checkIdentifier("ResourceIdentifier", identifier, maxResourceIdentifier); err != nil {
		return "", err
	}
	return s.account.ARN("dms", kind+":"+identifier), nil
}

// lastPart returns the last part of an ARN, which is the id of the resource.
func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// tagged returns the tags of a resource and of its stack together.
func tagged(r resource.Request, own []tag) (map[string]string, error) {
	tags := map[string]string{}
	for k, v := range r.Tags {
		tags[k] = v
	}
	return tags, setTags(tags, own)
}

type subnetGroupProperties struct {
	ReplicationSubnetGroupDescription string
	ReplicationSubnetGroupIdentifier  string
	SubnetIds                         []string
	Tags                              []tag
}

func (s *Service) createSubnetGroup(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[subnetGroupProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	tags, err := tagged(r, p.Tags)
	if err != nil {
		return resource.Resource{}, err
	}
	vpc, err := s.checkSubnetGroup(p)
	if err != nil {
		return resource.Resource{}, err
	}
	name := strings.ToLower(p.ReplicationSubnetGroupIdentifier)
	if name == "" {
		name = strings.ToLower(r.Name(255))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subnetGroups[name] != nil {
		return resource.Resource{}, alreadyExists("The replication subnet group %s already exists", name)
	}
	s.subnetGroups[name] = &subnetGroup{
		sequence: s.next(), name: name, description: p.ReplicationSubnetGroupDescription, vpc: vpc,
		subnets: p.SubnetIds, tags: tags,
	}
	return resource.Resource{PhysicalID: name}, nil
}

// checkSubnetGroup checks the properties of a subnet group and returns its VPC.
func (s *Service) checkSubnetGroup(p subnetGroupProperties) (vpc string, err error) {
	if p.ReplicationSubnetGroupDescription == "" {
		return "", invalidValue("The parameter ReplicationSubnetGroupDescription must be provided and must not be blank")
	}
	if err := s.checkNetworkRole(); err != nil {
		return "", err
	}
	return s.checkSubnets(p.SubnetIds)
}

func (s *Service) updateSubnetGroup(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[subnetGroupProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	tags, err := tagged(r, p.Tags)
	if err != nil {
		return resource.Resource{}, err
	}
	vpc, err := s.checkSubnetGroup(p)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.subnetGroups[r.PhysicalID]
	if g == nil {
		return resource.Resource{}, notFound("Replication subnet group %s not found", r.PhysicalID)
	}
	g.description, g.vpc, g.subnets, g.tags = p.ReplicationSubnetGroupDescription, vpc, p.SubnetIds, tags
	return resource.Resource{PhysicalID: g.name}, nil
}

func (s *Service) deleteSubnetGroup(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.instances {
		if strings.EqualFold(i.ReplicationSubnetGroupIdentifier, r.PhysicalID) {
			return invalidState("The replication subnet group %s is in use by replication instance %s", r.PhysicalID, i.arn)
		}
	}
	delete(s.subnetGroups, r.PhysicalID)
	return nil
}
