package stacks

import (
	"net/netip"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/department"
)

// network is the network of the replication instance.
type network struct {
	Scope            constructs.Construct // the parent of all its resources
	VPCID            string
	SubnetIDs        []string
	SecurityGroupIDs []string
}

// newNetwork returns the existing VPC that the department's file names, or adds a new one.
func newNetwork(parent constructs.Construct, d *department.Department) network {
	scope := constructs.NewConstruct(parent, new("Network"))
	if d.Network.Create != "" {
		return newPrivateNetwork(scope, d)
	}
	n := network{Scope: scope, VPCID: d.Network.VPCID, SubnetIDs: d.Network.SubnetIDs, SecurityGroupIDs: d.Network.SecurityGroupIDs}
	if len(n.SecurityGroupIDs) == 0 {
		n.SecurityGroupIDs = []string{*newInstanceGroup(scope, n.VPCID).AttrGroupId()}
	}
	return n
}

// newPrivateNetwork adds a VPC with two subnets and no connection to the internet. DMS reaches S3 and Secrets Manager through
// VPC endpoints. It reaches the database after the VPC is peered with, or attached to, the database's network.
func newPrivateNetwork(scope constructs.Construct, d *department.Department) network {
	vpc := awsec2.NewCfnVPC(scope, new("VPC"), &awsec2.CfnVPCProps{
		CidrBlock: &d.Network.Create, EnableDnsSupport: true,
		EnableDnsHostnames: true, // the private DNS name of the interface endpoint needs it
		Tags:               name("oralake-" + d.Name),
	})
	newFlowLog(scope, vpc, d.LogDays)
	routes := awsec2.NewCfnRouteTable(scope, new("Routes"), &awsec2.CfnRouteTableProps{VpcId: vpc.Ref()})

	n := network{Scope: scope, VPCID: *vpc.Ref()}
	for i, block := range halves(d.Network.Create) {
		id := []string{"SubnetA", "SubnetB"}[i]
		subnet := awsec2.NewCfnSubnet(scope, &id, &awsec2.CfnSubnetProps{
			VpcId: vpc.Ref(), CidrBlock: &block, MapPublicIpOnLaunch: false,
			AvailabilityZone: awscdk.Fn_Select(new(float64(i)), awscdk.Fn_GetAzs(nil)),
			Tags:             name("oralake-" + d.Name + " " + id),
		})
		awsec2.NewCfnSubnetRouteTableAssociation(scope, new(id+"Routes"), &awsec2.CfnSubnetRouteTableAssociationProps{
			SubnetId: subnet.Ref(), RouteTableId: routes.Ref(),
		})
		n.SubnetIDs = append(n.SubnetIDs, *subnet.Ref())
	}

	instance := newInstanceGroup(scope, n.VPCID)
	n.SecurityGroupIDs = []string{*instance.AttrGroupId()}
	newServiceEndpoints(scope, n, *routes.Ref(), *instance.AttrGroupId())
	return n
}

// newInstanceGroup adds the security group of the replication instance. It allows no inbound traffic, and outbound TCP to any
// address: the host and port of the database are in its secret and not known here.
func newInstanceGroup(scope constructs.Construct, vpcID string) awsec2.CfnSecurityGroup {
	return awsec2.NewCfnSecurityGroup(scope, new("InstanceGroup"), &awsec2.CfnSecurityGroupProps{
		VpcId: &vpcID, GroupDescription: new("DMS replication instance: no inbound, outbound to database and AWS"),
		SecurityGroupEgress: &[]any{&awsec2.CfnSecurityGroup_EgressProperty{
			CidrIp: new("0.0.0.0/0"), IpProtocol: new("tcp"), FromPort: new(0.0), ToPort: new(65535.0),
			Description: new("The database, S3 and Secrets Manager"),
		}},
	})
}

// newServiceEndpoints adds the VPC endpoints of S3 and Secrets Manager. DMS 3.4.7 and later needs both to read the secret and
// to write the lake without an internet connection (CHAP_VPC_Endpoints).
func newServiceEndpoints(scope constructs.Construct, n network, routeTableID, instanceGroupID string) {
	service := func(name string) *string {
		return new("com.amazonaws." + *awscdk.Aws_REGION() + "." + name)
	}
	awsec2.NewCfnVPCEndpoint(scope, new("S3"), &awsec2.CfnVPCEndpointProps{
		VpcId: &n.VPCID, VpcEndpointType: new("Gateway"), ServiceName: service("s3"),
		RouteTableIds: references(routeTableID),
	})
	group := awsec2.NewCfnSecurityGroup(scope, new("SecretsGroup"), &awsec2.CfnSecurityGroupProps{
		VpcId: &n.VPCID, GroupDescription: new("Secrets Manager endpoint: TLS from the replication instance"),
		SecurityGroupIngress: &[]any{&awsec2.CfnSecurityGroup_IngressProperty{
			SourceSecurityGroupId: &instanceGroupID, IpProtocol: new("tcp"), FromPort: new(443.0), ToPort: new(443.0),
			Description: new("The replication instance"),
		}},
	})
	awsec2.NewCfnVPCEndpoint(scope, new("Secrets"), &awsec2.CfnVPCEndpointProps{
		VpcId: &n.VPCID, VpcEndpointType: new("Interface"), ServiceName: service("secretsmanager"),
		PrivateDnsEnabled: true, SubnetIds: references(n.SubnetIDs...),
		SecurityGroupIds: references(*group.AttrGroupId()),
	})
}

// newFlowLog adds a flow log, which records the connections in the VPC.
func newFlowLog(scope constructs.Construct, vpc awsec2.CfnVPC, days int) {
	group := newLogGroup(scope, "FlowLogs", "", days)
	role := newRole(scope, "FlowLogRole", roleProps{
		Service: "vpc-flow-logs.amazonaws.com", Description: "Writes the flow log of the department's VPC",
		When: condition{"StringEquals": {"aws:SourceAccount": *awscdk.Aws_ACCOUNT_ID()}},
		Allow: []statement{{
			Sid: "Write", Actions: []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
			Resources: []string{*group.AttrArn()},
		}},
	})
	awsec2.NewCfnFlowLog(scope, new("FlowLog"), &awsec2.CfnFlowLogProps{
		ResourceId: vpc.Ref(), ResourceType: new("VPC"), TrafficType: new("ALL"),
		LogDestinationType: new("cloud-watch-logs"), LogGroupName: group.Ref(), DeliverLogsPermissionArn: role.AttrArn(),
	})
}

// name returns the tag Name, which the EC2 console shows.
func name(value string) *[]*awscdk.CfnTag {
	return &[]*awscdk.CfnTag{{Key: new("Name"), Value: &value}}
}

// halves splits an IPv4 range into its lower and its upper half. Package department has validated the range.
func halves(block string) [2]string {
	whole := netip.MustParsePrefix(block).Masked()
	bits := whole.Bits() + 1
	upper := whole.Addr().As4()
	upper[(bits-1)/8] |= 1 << (7 - (bits-1)%8)
	return [2]string{
		netip.PrefixFrom(whole.Addr(), bits).String(),
		netip.PrefixFrom(netip.AddrFrom4(upper), bits).String(),
	}
}
