package dms

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/dms/target"
	"github.com/oralake/oralake/test/aws/resource"
)

type instanceProperties struct {
	AllocatedStorage                 target.Int
	AllowMajorVersionUpgrade         target.Bool
	AutoMinorVersionUpgrade          target.Bool
	AvailabilityZone                 string
	DnsNameServers                   string
	EngineVersion                    string
	KmsKeyId                         string
	MultiAZ                          target.Bool
	NetworkType                      string
	PreferredMaintenanceWindow       string
	PubliclyAccessible               *target.Bool
	ReplicationInstanceClass         string
	ReplicationInstanceIdentifier    string
	ReplicationSubnetGroupIdentifier string
	ResourceIdentifier               string
	Tags                             []tag
	VpcSecurityGroupIds              []string
}

// public reports whether the instance has a public address. AWS gives it one by default.
func (p instanceProperties) public() bool {
	return p.PubliclyAccessible == nil || bool(*p.PubliclyAccessible)
}

const (
	defaultEngineVersion = "3.5.4"
	oldestEngineVersion  = "3.5.4" // of new instances (CHAP_ReleaseNotes)
	defaultStorage       = 50      // GB
	maxInstanceName      = 63      // characters
	maxInstances         = 60      // per account
	instanceTasks        = 200     // tasks per instance
	accountTasks         = 600
	maxEndpoints         = 1000
)

var instanceClass = regexp.MustCompile(`^dms\.[a-z0-9]+\.[a-z0-9]+$`)

func (s *Service) createInstance(ctx context.Context, r resource.Request) (resource.Resource, error) {
	p, tags, err := s.instanceRequest(r)
	if err != nil {
		return resource.Resource{}, err
	}
	if slices.Compare(engineNumbers(p.EngineVersion), engineNumbers(oldestEngineVersion)) < 0 {
		return resource.Resource{}, invalidValue("No replication engine found with version: %s", p.EngineVersion)
	}
	arn, err := s.resourceARN("rep", p.ResourceIdentifier)
	if err != nil {
		return resource.Resource{}, err
	}
	i := &instance{arn: arn, status: "creating", tags: tags, instanceProperties: p}
	if err := s.addInstance(i); err != nil {
		return resource.Resource{}, err
	}
	err = s.clock.Sleep(ctx, s.delays.InstanceCreate)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		delete(s.instances, arn)
		return resource.Resource{}, err
	}
	i.status, i.created = "available", time.Now()
	return resource.Resource{PhysicalID: arn, Attributes: instanceAttributes(i)}, nil
}

func (s *Service) instanceRequest(r resource.Request) (instanceProperties, map[string]string, error) {
	p, err := resource.Decode[instanceProperties](r)
	if err != nil {
		return p, nil, err
	}
	tags, err := tagged(r, p.Tags)
	if err != nil {
		return p, nil, err
	}
	if p.ReplicationInstanceIdentifier == "" {
		p.ReplicationInstanceIdentifier = r.Name(maxInstanceName)
	}
	p.ReplicationInstanceIdentifier = strings.ToLower(p.ReplicationInstanceIdentifier)
	p.ReplicationSubnetGroupIdentifier = strings.ToLower(p.ReplicationSubnetGroupIdentifier)
	if p.EngineVersion == "" {
		p.EngineVersion = defaultEngineVersion
	}
	if p.AllocatedStorage == 0 {
		p.AllocatedStorage = defaultStorage
	}
	switch {
	case !instanceClass.MatchString(p.ReplicationInstanceClass):
		return p, nil, invalidValue("Replication instance class %q is not a class such as dms.t3.medium",
			p.ReplicationInstanceClass)
	case p.AllocatedStorage < 5 || p.AllocatedStorage > 6144:
		return p, nil, invalidValue("AllocatedStorage is %d: want 5 to 6144 GB", p.AllocatedStorage)
	case engineNumbers(p.EngineVersion) == nil:
		return p, nil, invalidValue("EngineVersion %q is not a version such as 3.6.1", p.EngineVersion)
	case p.PreferredMaintenanceWindow != "" && windowLength(p.PreferredMaintenanceWindow) < 30:
		return p, nil, invalidValue("PreferredMaintenanceWindow %q is not of the form ddd:hh24:mi-ddd:hh24:mi, or shorter than 30 minutes",
			p.PreferredMaintenanceWindow)
	case p.DnsNameServers != "":
		return p, nil, invalidValue("the embedded AWS does not implement DnsNameServers")
	}
	return p, tags, checkIdentifier("ReplicationInstanceIdentifier", p.ReplicationInstanceIdentifier, maxInstanceName)
}

func (s *Service) addInstance(i *instance) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.instances) >= maxInstances {
		return quotaExceeded("The account has %d replication instances already", maxInstances)
	}
	if g := i.ReplicationSubnetGroupIdentifier; g != "" && s.subnetGroups[g] == nil {
		return notFound("Replication subnet group %s not found", g)
	}
	if err := s.checkSecurityGroups(i.instanceProperties); err != nil {
		return err
	}
	for _, other := range s.instances {
		if other.ReplicationInstanceIdentifier == i.ReplicationInstanceIdentifier || other.arn == i.arn {
			return alreadyExists("Replication Instance %s already exists", i.ReplicationInstanceIdentifier)
		}
	}
	i.sequence = s.next()
	s.instances[i.arn] = i
	return nil
}

func instanceAttributes(i *instance) map[string]any {
	return map[string]any{
		"Id": lastPart(i.arn), "ReplicationInstancePrivateIpAddresses": []string{"10.0.0.10"},
		"ReplicationInstancePublicIpAddresses": []string{},
	}
}

func (s *Service) updateInstance(ctx context.Context, r resource.Request) (resource.Resource, error) {
	p, tags, err := s.instanceRequest(r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	i := s.instances[r.PhysicalID]
	if i == nil {
		s.mu.Unlock()
		return resource.Resource{}, notFound("Replication Instance %s not found", r.PhysicalID)
	}
	if given, err := resource.Decode[instanceProperties](r); err == nil && given.ReplicationInstanceIdentifier == "" {
		p.ReplicationInstanceIdentifier = i.ReplicationInstanceIdentifier
	}
	err = s.checkSecurityGroups(p)
	if err == nil {
		err = checkUpgrade(i.EngineVersion, p)
	}
	if err == nil && i.status != "available" && i.status != "storage-full" {
		// API_ModifyReplicationInstance: InvalidResourceStateFault.
		err = invalidState("Replication Instance %s is in %s state, and cannot be modified", i.arn, i.status)
	}
	if err != nil {
		s.mu.Unlock()
		return resource.Resource{}, err
	}
	i.status = "modifying"
	s.mu.Unlock()
	err = s.clock.Sleep(ctx, s.delays.InstanceModify)
	s.mu.Lock()
	defer s.mu.Unlock()
	i.status = "available"
	if err != nil {
		return resource.Resource{}, err
	}
	i.instanceProperties, i.tags = p, tags
	return resource.Resource{PhysicalID: i.arn, Attributes: instanceAttributes(i)}, nil
}

func (s *Service) deleteInstance(ctx context.Context, r resource.Request) error {
	s.mu.Lock()
	i := s.instances[r.PhysicalID]
	if i == nil {
		i = s.lost[r.PhysicalID]
	}
	if i == nil {
		s.mu.Unlock()
		return nil
	}
	for _, t := range s.tasks {
		if t.instance == i.arn {
			s.mu.Unlock()
			return invalidState("Replication Instance %s has one or more replication tasks", i.arn)
		}
	}
	i.status = "deleting"
	s.mu.Unlock()
	err := s.clock.Sleep(ctx, s.delays.InstanceDelete)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		i.status = "available"
		return err
	}
	delete(s.instances, i.arn)
	delete(s.lost, i.arn)
	s.forgetConnections(i.arn)
	return nil
}
