package dms

import (
	"context"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// instance is a replication instance.
type instance struct {
	sequence int
	arn      string
	status   string // creating, available, modifying, deleting
	created  time.Time
	tags     map[string]string
	load     *InstanceLoad // nil for the usual one
	instanceProperties
}

// subnetGroup is a replication subnet group.
type subnetGroup struct {
	sequence    int
	name        string
	description string
	vpc         string
	subnets     []string
	tags        map[string]string
}

func (s *Service) subnetGroupARN(name string) string { return s.account.ARN("dms", "subgrp:"+name) }

type instanceAnswer struct {
	AllocatedStorage              int
	AutoMinorVersionUpgrade       bool
	AvailabilityZone              string `json:",omitempty"`
	EngineVersion                 string
	InstanceCreateTime            *gateway.Time `json:",omitempty"`
	KmsKeyId                      string        `json:",omitempty"`
	MultiAZ                       bool
	NetworkType                   string `json:",omitempty"`
	PreferredMaintenanceWindow    string `json:",omitempty"`
	PubliclyAccessible            bool
	ReplicationInstanceArn        string
	ReplicationInstanceClass      string
	ReplicationInstanceIdentifier string
	ReplicationInstanceStatus     string
	ReplicationSubnetGroup        *subnetGroupAnswer    `json:",omitempty"`
	VpcSecurityGroups             []securityGroupAnswer `json:",omitempty"`
}

type securityGroupAnswer struct {
	VpcSecurityGroupId string
	Status             string
}

type subnetGroupAnswer struct {
	ReplicationSubnetGroupIdentifier  string
	ReplicationSubnetGroupDescription string
	SubnetGroupStatus                 string
	Subnets                           []subnetAnswer
}

type subnetAnswer struct {
	SubnetIdentifier string
	SubnetStatus     string
}

func (g *subnetGroup) answer() *subnetGroupAnswer {
	out := &subnetGroupAnswer{
		ReplicationSubnetGroupIdentifier: g.name, ReplicationSubnetGroupDescription: g.description,
		SubnetGroupStatus: "Complete",
	}
	for _, id := range g.subnets {
		out.Subnets = append(out.Subnets, subnetAnswer{id, "Active"})
	}
	return out
}

type instancesAnswer struct {
	Marker               string `json:",omitempty"`
	ReplicationInstances []instanceAnswer
}

func (s *Service) describeInstances(_ context.Context, in page) (instancesAnswer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []listed[instanceAnswer]
	for _, i := range s.instances {
		a := instanceAnswer{
			AllocatedStorage: int(i.AllocatedStorage), AutoMinorVersionUpgrade: bool(i.AutoMinorVersionUpgrade),
			AvailabilityZone: i.AvailabilityZone, EngineVersion: i.EngineVersion, InstanceCreateTime: gateway.At(i.created),
			KmsKeyId: i.KmsKeyId, MultiAZ: bool(i.MultiAZ), NetworkType: i.NetworkType,
			PreferredMaintenanceWindow: i.PreferredMaintenanceWindow, PubliclyAccessible: i.public(),
			ReplicationInstanceArn: i.arn, ReplicationInstanceClass: i.ReplicationInstanceClass,
			ReplicationInstanceIdentifier: i.ReplicationInstanceIdentifier, ReplicationInstanceStatus: i.status,
		}
		if g := s.subnetGroups[i.ReplicationSubnetGroupIdentifier]; g != nil {
			a.ReplicationSubnetGroup = g.answer()
		}
		for _, id := range i.VpcSecurityGroupIds {
			a.VpcSecurityGroups = append(a.VpcSecurityGroups, securityGroupAnswer{id, "active"})
		}
		all = append(all, listed[instanceAnswer]{a, i.sequence, map[string][]string{
			"replication-instance-arn":   {i.arn},
			"replication-instance-id":    {i.ReplicationInstanceIdentifier},
			"replication-instance-class": {i.ReplicationInstanceClass},
			"engine-version":             {i.EngineVersion},
		}})
	}
	items, marker, err := list("replication instances", all, in, 100,
		"replication-instance-arn", "replication-instance-id", "replication-instance-class", "engine-version")
	return instancesAnswer{marker, items}, err
}

type subnetGroupsAnswer struct {
	Marker                  string `json:",omitempty"`
	ReplicationSubnetGroups []*subnetGroupAnswer
}

func (s *Service) describeSubnetGroups(_ context.Context, in page) (subnetGroupsAnswer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []listed[*subnetGroupAnswer]
	for _, g := range s.subnetGroups {
		all = append(all, listed[*subnetGroupAnswer]{
			g.answer(), g.sequence, map[string][]string{"replication-subnet-group-id": {g.name}},
		})
	}
	items, marker, err := list("replication subnet groups", all, in, 100, "replication-subnet-group-id")
	return subnetGroupsAnswer{marker, items}, err
}
