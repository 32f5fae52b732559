package dms

import (
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// networkRole is the role with which DMS accesses a VPC. It belongs to the account, not to a stack.
const networkRole = "dms-vpc-role"

// checkNetworkRole fails when the account does not have the role.
func (s *Service) checkNetworkRole() error {
	arn := s.account.GlobalARN("iam", "role/"+networkRole)
	if _, err := s.roles.Credentials(arn, session); err != nil {
		return gateway.Errorf("AccessDeniedFault", "The IAM Role %s is not configured properly.", arn)
	}
	return nil
}

// checkSubnets checks that subnets exist, in one VPC and in at least two availability zones, and returns the VPC.
func (s *Service) checkSubnets(ids []string) (vpc string, err error) {
	var zones, missing []string
	for _, id := range ids {
		subnet, ok := s.network.Subnet(id)
		if !ok {
			missing = append(missing, id)
			continue
		}
		if vpc != "" && subnet.VPC != vpc {
			return "", gateway.Errorf("InvalidSubnet", "The subnets %s are not in one VPC: %s is in %s, others are in %s",
				strings.Join(ids, ", "), id, subnet.VPC, vpc)
		}
		vpc = subnet.VPC
		if !slices.Contains(zones, subnet.AvailabilityZone) {
			zones = append(zones, subnet.AvailabilityZone)
		}
	}
	if len(missing) > 0 {
		return "", gateway.Errorf("InvalidSubnet", "Some input subnets are invalid: %s: the embedded AWS has only the "+
			"subnets that its stacks create", strings.Join(missing, ", "))
	}
	if len(zones) < 2 {
		return "", gateway.Errorf("ReplicationSubnetGroupDoesNotCoverEnoughAZs", "The Replication Subnet Group doesn't meet "+
			"Availability Zone (AZ) coverage requirement. Current AZ coverage: %s. Add subnets to cover at least 2 AZs.",
			strings.Join(zones, ", "))
	}
	return vpc, nil
}

// checkSecurityGroups checks that the security groups of an instance exist and are in its VPC. Without a subnet group the
// VPC is unknown, and a security group of any VPC is accepted. The caller holds the lock.
func (s *Service) checkSecurityGroups(p instanceProperties) error {
	vpc := ""
	if g := s.subnetGroups[p.ReplicationSubnetGroupIdentifier]; g != nil {
		vpc = g.vpc
	}
	for _, id := range p.VpcSecurityGroupIds {
		switch in, ok := s.network.SecurityGroup(id); {
		case !ok:
			return invalidValue("Invalid security group %s: it does not exist", id)
		case vpc != "" && in != vpc:
			return invalidCombination("The security group %s is in %s, and the replication subnet group %s in %s",
				id, in, p.ReplicationSubnetGroupIdentifier, vpc)
		}
	}
	return nil
}
