package ec2

import (
	"context"

	"github.com/oralake/oralake/test/aws/resource"
)

// Resources returns the types that the CDK's small private VPC consists of.
func (s *Service) Resources() resource.Types {
	return resource.Types{
		"AWS::EC2::VPC": {
			CreateOnly: []string{"CidrBlock", "InstanceTenancy"}, Create: s.createVPC, Update: s.updateVPC, Delete: s.delete,
		},
		"AWS::EC2::Subnet": {
			CreateOnly: []string{"CidrBlock", "VpcId", "AvailabilityZone"},
			Create:     s.createSubnet, Update: s.updateSubnet, Delete: s.delete,
		},
		"AWS::EC2::RouteTable": {
			CreateOnly: []string{"VpcId"}, Create: s.createRouteTable, Update: s.updateRouteTable, Delete: s.delete,
		},
		"AWS::EC2::SubnetRouteTableAssociation": {
			CreateOnly: []string{"SubnetId"}, Create: s.createAssociation, Update: s.updateAssociation, Delete: s.delete,
		},
		"AWS::EC2::SecurityGroup": {
			CreateOnly: []string{"GroupName", "GroupDescription", "VpcId"},
			Create:     s.createSecurityGroup, Update: s.updateSecurityGroup, Delete: s.delete,
		},
		"AWS::EC2::VPCEndpoint": {
			CreateOnly: []string{"VpcId", "ServiceName", "VpcEndpointType"},
			Create:     s.createEndpoint, Update: s.updateEndpoint, Delete: s.delete,
		},
		"AWS::EC2::FlowLog": {Create: s.createFlowLog, Delete: s.delete},
	}
}

type tag struct{ Key, Value string }

func (s *Service) delete(_ context.Context, r resource.Request) error { return s.remove(r.PhysicalID) }
