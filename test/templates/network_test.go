package templates

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// No host can connect to a replication instance, and a created network has no route to the internet.
func TestNetworkIsClosed(t *testing.T) {
	forbidden := []string{
		"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::EC2::Route",
		"AWS::EC2::VPCGatewayAttachment", "AWS::EC2::EgressOnlyInternetGateway",
	}
	for stack, one := range departmentStacks(t) {
		for id, r := range one.Resources {
			if slices.Contains(forbidden, r.Type) {
				t.Errorf("%s has %s (%s)", stack, id, r.Type)
			}
			if r.Type == "AWS::EC2::Subnet" && r.Properties["MapPublicIpOnLaunch"] != false {
				t.Errorf("%s of %s assigns public addresses", id, stack)
			}
			rules, _ := r.Properties["SecurityGroupIngress"].([]any)
			for _, rule := range rules {
				if source := at(t, rule, "SourceSecurityGroupId"); source == nil {
					t.Errorf("%s of %s allows more than a security group: %v", id, stack, rule)
				}
			}
		}
	}
}

// DMS 3.4.7 and later in a private subnet reaches neither S3 nor the secret without these endpoints. A check function with TLS also
// reads the certificate from DMS.
func TestPrivateNetworkReachesS3AndSecrets(t *testing.T) {
	for _, stack := range []string{"oralake-sales", "oralake-finance", "oralake-checked"} {
		got := map[string]any{}
		for _, r := range world(t)[stack].Resources {
			if r.Type == "AWS::EC2::VPCEndpoint" {
				service := at(t, r.Properties, "ServiceName", "Fn::Join", 1, 2).(string)
				got[service] = r.Properties["VpcEndpointType"]
			}
		}
		want := map[string]any{".s3": "Gateway", ".secretsmanager": "Interface"}
		if stack == "oralake-checked" {
			want[".dms"] = "Interface"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("endpoints of %s (-want +got):\n%s", stack, diff)
		}
	}
}

// The VPC endpoints lead to the lake and to the secrets of the source, and to nothing else in S3 and Secrets Manager.
func TestEndpointsLeadToTheLakeAndTheSecrets(t *testing.T) {
	for stack, one := range departmentStacks(t) {
		for id, r := range one.Resources {
			if r.Type != "AWS::EC2::VPCEndpoint" {
				continue
			}
			statements, _ := at(t, r.Properties, "PolicyDocument", "Statement").([]any)
			if len(statements) == 0 {
				t.Errorf("%s of %s has no policy", id, stack)
			}
			for _, statement := range statements {
				want := map[string]any{"StringEquals": map[string]any{"aws:PrincipalAccount": map[string]any{"Ref": "AWS::AccountId"}}}
				if diff := cmp.Diff(want, at(t, statement, "Condition")); diff != "" {
					t.Errorf("condition of %s of %s (-want +got):\n%s", id, stack, diff)
				}
				resources, _ := at(t, statement, "Resource").([]any)
				for _, resource := range resources {
					if fmt.Sprint(at(t, statement, "Action")) == "[dms:DescribeCertificates]" {
						continue // it has no resource type
					}
					if text := fmt.Sprint(resource); !strings.Contains(text, "DataLake") && !strings.Contains(text, ":secret:oralake/") {
						t.Errorf("%s of %s reaches %v", id, stack, resource)
					}
				}
				if len(resources) == 0 {
					t.Errorf("%s of %s: %v has no resources", id, stack, statement)
				}
			}
		}
	}
}

// With databaseRanges the instance reaches the database, and by TLS AWS. Without them its database may be anywhere.
func TestInstanceReachesItsDatabase(t *testing.T) {
	egress := func(stack string) (rules []string) {
		for _, r := range world(t)[stack].Resources {
			list, _ := r.Properties["SecurityGroupEgress"].([]any)
			for _, rule := range list {
				rules = append(rules, fmt.Sprint(at(t, rule, "CidrIp"), " ", at(t, rule, "FromPort"), "-", at(t, rule, "ToPort")))
			}
		}
		return rules
	}
	for stack, want := range map[string][]string{
		"oralake-finance": {"10.8.16.0/24 0-65535", "0.0.0.0/0 443-443"},
		"oralake-sales":   {"0.0.0.0/0 0-65535"},
	} {
		if diff := cmp.Diff(want, egress(stack)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", stack, diff)
		}
	}
}

// Lambda deletes the network interfaces of the check function with the function's role, some time after the function. So subnets and
// groups of the stack go first: CloudFormation tries to delete them until no interface is left, and then deletes the role.
func TestCheckRoleOutlivesItsNetwork(t *testing.T) {
	checked := 0
	for id, r := range world(t)["oralake-checked"].Resources {
		if r.Type == "AWS::EC2::Subnet" || strings.HasPrefix(id, "NetworkInstanceGroup") {
			checked++
			if !slices.ContainsFunc(r.DependsOn, func(on string) bool { return strings.HasPrefix(on, "FunctionsCheckRole") }) {
				t.Errorf("%s depends on %v, and not on the role of the check function", id, r.DependsOn)
			}
		}
	}
	if checked != 3 {
		t.Errorf("%d subnets and groups, want 3", checked)
	}
}

// The two subnets are the two halves of the VPC's range, in two availability zones, as DMS requires of a subnet group.
func TestSubnetsShareTheRange(t *testing.T) {
	for _, stack := range []string{"oralake-sales", "oralake-finance"} {
		var whole netip.Prefix
		var parts []netip.Prefix
		zones := map[any]bool{}
		for _, r := range world(t)[stack].Resources {
			switch r.Type {
			case "AWS::EC2::VPC":
				whole = netip.MustParsePrefix(r.Properties["CidrBlock"].(string))
			case "AWS::EC2::Subnet":
				parts = append(parts, netip.MustParsePrefix(r.Properties["CidrBlock"].(string)))
				zones[at(t, r.Properties, "AvailabilityZone", "Fn::Select", 0)] = true
			}
		}
		if len(parts) != 2 || len(zones) != 2 {
			t.Fatalf("%s: %d subnets in %d zones, want 2 in 2", stack, len(parts), len(zones))
		}
		for _, part := range parts {
			if part.Bits() != whole.Bits()+1 || !whole.Overlaps(part) {
				t.Errorf("%s: subnet %v is not half of %v", stack, part, whole)
			}
		}
		if parts[0].Overlaps(parts[1]) {
			t.Errorf("%s: subnets %v and %v overlap", stack, parts[0], parts[1])
		}
	}
}

// A department with an existing VPC gets no other VPC, only its own security group.
func TestExistingNetworkIsUsed(t *testing.T) {
	for id, r := range world(t)["oralake-archive"].Resources {
		switch r.Type {
		case "AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::VPCEndpoint", "AWS::EC2::FlowLog":
			t.Errorf("%s (%s) in a stack with an existing VPC", id, r.Type)
		case "AWS::EC2::SecurityGroup":
			r.has(t, map[string]any{"VpcId": "vpc-0a1b2c3d", "SecurityGroupIngress": nil})
		case "AWS::DMS::ReplicationSubnetGroup":
			r.has(t, map[string]any{"SubnetIds": []any{"subnet-0a1b2c3d", "subnet-1a2b3c4d"}})
		}
	}
}
