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
	// interfaces are the subnets and the security group of this stack, in which network interfaces may be.
	interfaces []awscdk.CfnResource
}

// newNetwork returns the existing VPC that the department's file names, or adds a new one.
func newNetwork(parent constructs.Construct, d *department.Department, store retainedData) network {
	scope := constructs.NewConstruct(parent, new("Network"))
	if d.Network.Create != "" {
		return newPrivateNetwork(scope, d, store)
	}
	n := network{Scope: scope, VPCID: d.Network.VPCID, SubnetIDs: d.Network.SubnetIDs, SecurityGroupIDs: d.Network.SecurityGroupIDs}
	if len(n.SecurityGroupIDs) == 0 {
		n.add(newInstanceGroup(scope, n.VPCID, d.Network.DatabaseRanges))
	}
	return n
}

// add makes a security group the instance's.
func (n *network) add(group awsec2.CfnSecurityGroup) {
	n.SecurityGroupIDs = []string{*group.AttrGroupId()}
	n.interfaces = append(n.interfaces, group)
}

// deleteBefore makes CloudFormation delete the subnets and the security group before a role. Lambda needs the role to delete the network
// interfaces of its function, some time after the function. Until then the interfaces are in the subnets and the group, which cannot
// be deleted.
func (n network) deleteBefore(role awscdk.CfnResource) {
	for _, used := range n.interfaces {
		used.AddResourceDependency(role, nil)
	}
}

// newPrivateNetwork adds a VPC with two subnets and no connection to the internet. DMS reaches S3 and Secrets Manager through
// VPC endpoints. It reaches the database after the VPC is peered with, or attached to, the database's network.
func newPrivateNetwork(scope constructs.Construct, d *department.Department, store retainedData) network {
	vpc := awsec2.NewCfnVPC(scope, new("VPC"), &awsec2.CfnVPCProps{
		CidrBlock: &d.Network.Create, EnableDnsSupport: true,
		EnableDnsHostnames: true, // the private DNS name of the interface endpoint needs it
		Tags:               name("oralake-" + d.Name),
	})
	newFlowLog(scope, vpc, logsOf(d, store))
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
		n.interfaces = append(n.interfaces, subnet)
	}
	n.add(newInstanceGroup(scope, n.VPCID, d.Network.DatabaseRanges))
	newServiceEndpoints(scope, n, *routes.Ref(), d.Source, store)
	return n
}

// newInstanceGroup adds the security group of the replication instance, and of the check function. It allows no inbound traffic.
func newInstanceGroup(scope constructs.Construct, vpcID string, databaseRanges []string) awsec2.CfnSecurityGroup {
	egress := instanceEgress(databaseRanges)
	return awsec2.NewCfnSecurityGroup(scope, new("InstanceGroup"), &awsec2.CfnSecurityGroupProps{
		VpcId: &vpcID, GroupDescription: new("DMS replication instance: no inbound, outbound to database and AWS"),
		SecurityGroupEgress: &egress,
	})
}

// instanceEgress returns the outbound rules of the instance: TCP to the ranges of the database, and TLS to any address, because AWS
// does not fix the addresses of S3 and Secrets Manager. The host and port of the database are in its secret and not known here: without
// ranges the instance may reach any address.
func instanceEgress(databaseRanges []string) (rules []any) {
	allow := func(to, description string, from, until float64) {
		rules = append(rules, &awsec2.CfnSecurityGroup_EgressProperty{
			CidrIp: &to, IpProtocol: new("tcp"), FromPort: &from, ToPort: &until, Description: &description,
		})
	}
	if len(databaseRanges) == 0 {
		allow("0.0.0.0/0", "The database, S3 and Secrets Manager", 0, 65535)
		return rules
	}
	for _, block := range databaseRanges {
		allow(block, "The database", 0, 65535)
	}
	allow("0.0.0.0/0", "S3 and Secrets Manager", 443, 443)
	return rules
}

// newFlowLog adds a flow log, which records the connections in the VPC.
func newFlowLog(scope constructs.Construct, vpc awsec2.CfnVPC, keep logKeeping) {
	group := newLogGroup(scope, "FlowLogs", "", keep)
	role := newRole(scope, "FlowLogRole", roleProps{
		Service: "vpc-flow-logs.amazonaws.com", Description: "Writes the flow log of the department's VPC",
		When: condition{"StringEquals": {"aws:SourceAccount": *awscdk.Aws_ACCOUNT_ID()}},
		Allow: []statement{
			{
				Sid: "Write", Actions: []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
				Resources: []string{*group.AttrArn()},
			},
			{
				Sid: "Find", Actions: []string{"logs:DescribeLogGroups"}, Resources: []string{"*"},
				Wide: "CloudWatch Logs supports no resource for listing log groups, which flow logs do (flow-logs-iam-role.html).",
			},
		},
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
