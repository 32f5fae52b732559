package ec2

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/resource"
)

type network struct {
	*testing.T
	*Service
}

func start(t *testing.T) network {
	return network{t, New(account.Account{ID: "123456789012", Region: "eu-central-1"})}
}

func (n network) try(kind, format string, args ...any) (resource.Resource, error) {
	return n.Resources()["AWS::EC2::"+kind].Create(n.Context(), resource.Request{
		LogicalID: kind, Properties: json.RawMessage(fmt.Sprintf(format, args...)),
	})
}

func (n network) create(kind, format string, args ...any) resource.Resource {
	n.Helper()
	made, err := n.try(kind, format, args...)
	if err != nil {
		n.Fatalf("create %s: %v", kind, err)
	}
	return made
}

func (n network) delete(kind string, r resource.Resource) error {
	return n.Resources()["AWS::EC2::"+kind].Delete(n.Context(), resource.Request{PhysicalID: r.PhysicalID})
}

func TestAPrivateNetworkIsCreatedAndDeleted(t *testing.T) {
	n := start(t)
	vpc := n.create("VPC", `{"CidrBlock": "10.40.0.0/24", "EnableDnsHostnames": true, "EnableDnsSupport": true, "InstanceTenancy": "default"}`)
	if !regexp.MustCompile(`^vpc-[0-9a-f]{17}$`).MatchString(vpc.PhysicalID) {
		t.Errorf("id: got %s", vpc.PhysicalID)
	}
	if got := vpc.Attributes["DefaultSecurityGroup"].(string); !strings.HasPrefix(got, "sg-") {
		t.Errorf("default security group: got %s", got)
	}
	subnet := n.create("Subnet", `{"VpcId": %q, "CidrBlock": "10.40.0.0/25", "AvailabilityZone": "eu-central-1b", "MapPublicIpOnLaunch": false}`, vpc.PhysicalID)
	other := n.create("Subnet", `{"VpcId": %q, "CidrBlock": "10.40.0.128/25"}`, vpc.PhysicalID)
	got, ok := n.Subnet(subnet.PhysicalID)
	want := Subnet{ID: subnet.PhysicalID, VPC: vpc.PhysicalID, AvailabilityZone: "eu-central-1b", CIDR: netip.MustParsePrefix("10.40.0.0/25")}
	if diff := cmp.Diff(got, want, cmpopts.EquateComparable(netip.Prefix{})); diff != "" || !ok {
		t.Errorf("subnet (-got +want):\n%s", diff)
	}
	table := n.create("RouteTable", `{"VpcId": %q}`, vpc.PhysicalID)
	association := n.create("SubnetRouteTableAssociation", `{"RouteTableId": %q, "SubnetId": %q}`, table.PhysicalID, subnet.PhysicalID)
	group := n.create("SecurityGroup", `{"VpcId": %q, "GroupDescription": "dms", "SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]}`, vpc.PhysicalID)
	member := n.create("SecurityGroup", `{"VpcId": %q, "GroupDescription": "source", "SecurityGroupIngress": [
		{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "SourceSecurityGroupId": %q}]}`, vpc.PhysicalID, group.PhysicalID)
	endpoint := n.create("VPCEndpoint", `{"VpcId": %q, "ServiceName": "com.amazonaws.eu-central-1.secretsmanager", "VpcEndpointType": "Interface",
		"SubnetIds": [%q], "SecurityGroupIds": [%q], "PrivateDnsEnabled": true}`, vpc.PhysicalID, subnet.PhysicalID, group.PhysicalID)
	gateway := n.create("VPCEndpoint", `{"VpcId": %q, "ServiceName": "com.amazonaws.eu-central-1.s3", "VpcEndpointType": "Gateway", "RouteTableIds": [%q]}`,
		vpc.PhysicalID, table.PhysicalID)
	log := n.create("FlowLog", `{"ResourceId": %q, "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "cloud-watch-logs",
		"LogGroupName": "flow", "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/flow"}`, vpc.PhysicalID)

	for _, used := range []resource.Resource{vpc, subnet, table, group} {
		if err := n.delete("VPC", used); err == nil || !strings.HasPrefix(err.Error(), "DependencyViolation") {
			t.Errorf("delete %s, which is in use: got %v", used.PhysicalID, err)
		}
	}
	for _, free := range []resource.Resource{log, gateway, endpoint, member, group, association, table, subnet, other, vpc, vpc} {
		if err := n.delete("VPC", free); err != nil {
			t.Errorf("delete %s: %v", free.PhysicalID, err)
		}
	}
	if len(n.parts) != 0 {
		t.Errorf("not deleted: %v", n.parts)
	}
}

func TestRefusals(t *testing.T) {
	n := start(t)
	vpc := n.create("VPC", `{"CidrBlock": "10.0.0.0/20"}`).PhysicalID
	elsewhere := n.create("VPC", `{"CidrBlock": "10.1.0.0/20"}`).PhysicalID
	subnet := n.create("Subnet", `{"VpcId": %q, "CidrBlock": "10.0.0.0/24"}`, vpc).PhysicalID
	table := n.create("RouteTable", `{"VpcId": %q}`, elsewhere).PhysicalID
	rules := func(direction, rule string) string {
		return `{"VpcId": "` + vpc + `", "GroupDescription": "g", "SecurityGroup` + direction + `": [{` + rule + `}]}`
	}
	for _, c := range []struct{ kind, properties, says string }{
		{"VPC", `{"CidrBlock": "10.0.0.0/8"}`, "InvalidVpc.Range"},
		{"VPC", `{"CidrBlock": "ten"}`, "not a valid CIDR"},
		{"VPC", `{"CidrBlock": "10.0.0.0/20", "Ipv4IpamPoolId": "x"}`, "Ipv4IpamPoolId"},
		{"Subnet", `{"VpcId": "` + vpc + `", "CidrBlock": "10.0.0.128/25"}`, "InvalidSubnet.Conflict"},
		{"Subnet", `{"VpcId": "` + vpc + `", "CidrBlock": "10.9.0.0/24"}`, "InvalidSubnet.Range"},
		{"Subnet", `{"VpcId": "` + vpc + `", "CidrBlock": "10.0.0.0/16"}`, "InvalidSubnet.Range"},
		{"Subnet", `{"VpcId": "` + vpc + `", "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-east-1a"}`, "availabilityZone"},
		{"Subnet", `{"VpcId": "vpc-0", "CidrBlock": "10.0.1.0/24"}`, "InvalidVpcID.NotFound"},
		{"VPC", `{"CidrBlock": "10.0.0.0/20", "InstanceTenancy": "dedicated"}`, "InstanceTenancy dedicated"},
		{"VPC", `{"CidrBlock": "10.0.0.0/20", "EnableDnsSupport": false, "EnableDnsHostnames": true}`, "needs EnableDnsSupport"},
		{"VPCEndpoint", `{"VpcId": "` + vpc + `", "VpcEndpointType": "Interface", "SubnetIds": ["` + subnet + `"],
			"ServiceName": "com.amazonaws.eu-central-1.sts", "PrivateDnsEnabled": true}`, "private DNS"},
		{"SecurityGroup", rules("Egress", `"IpProtocol": "tcp", "CidrIp": "10.0.0.0/8"`), "FromPort"},
		{"SecurityGroup", rules("Egress", `"IpProtocol": "gre", "CidrIp": "10.0.0.0/8"`), "IpProtocol"},
		{"FlowLog", `{"ResourceId": "` + vpc + `", "ResourceType": "VPC", "TrafficType": "ALL", "LogGroupName": "g"}`, "DeliverLogs"},
		{"SubnetRouteTableAssociation", `{"RouteTableId": "` + table + `", "SubnetId": "` + subnet + `"}`, "not in"},
		{"SecurityGroup", `{"VpcId": "` + vpc + `"}`, "GroupDescription"},
		{"SecurityGroup", rules("Ingress", `"IpProtocol": "tcp", "FromPort": 2, "ToPort": 1, "CidrIp": "10.0.0.0/8"`), "port range"},
		{"SecurityGroup", rules("Ingress", `"IpProtocol": "tcp"`), "exactly one of"},
		{"SecurityGroup", rules("Ingress", `"IpProtocol": "tcp", "CidrIp": "10.0.0.0"`), "malformed"},
		{"SecurityGroup", rules("Ingress", `"IpProtocol": "-1", "SourceSecurityGroupId": "sg-0"`), "InvalidGroup.NotFound"},
		{"VPCEndpoint", `{"VpcId": "` + vpc + `", "ServiceName": "com.amazonaws.us-east-1.s3"}`, "InvalidServiceName"},
		{"VPCEndpoint", `{"VpcId": "` + vpc + `", "ServiceName": "com.amazonaws.eu-central-1.s3", "SubnetIds": ["` + subnet + `"]}`, "gateway endpoint"},
		{"FlowLog", `{"ResourceId": "` + vpc + `", "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3"}`, "LogDestination"},
		{"FlowLog", `{"ResourceId": "` + vpc + `", "ResourceType": "VPC"}`, "TrafficType"},
	} {
		if _, err := n.try(c.kind, "%s", c.properties); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s %s: got %v, want an error that contains %s", c.kind, c.properties, err, c.says)
		}
	}
}
