package ec2

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/resource"
)

func TestSubnetsNeverOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		types := New(account.Account{ID: "123456789012", Region: "eu-central-1"}).Resources()
		create := func(kind, properties string) (resource.Resource, error) {
			return types["AWS::EC2::"+kind].Create(t.Context(), resource.Request{Properties: json.RawMessage(properties)})
		}
		vpc, err := create("VPC", `{"CidrBlock": "10.40.0.0/22"}`)
		if err != nil {
			t.Fatal(err)
		}
		whole := netip.MustParsePrefix("10.40.0.0/22")
		var taken []netip.Prefix
		for range rapid.IntRange(1, 12).Draw(t, "subnets") {
			address := netip.AddrFrom4([4]byte{10, 40, rapid.Byte().Draw(t, "third") % 6, rapid.Byte().Draw(t, "fourth")})
			block := netip.PrefixFrom(address, rapid.IntRange(20, 28).Draw(t, "bits")).Masked()
			fits := block.Bits() >= whole.Bits() && whole.Contains(block.Addr())
			for _, other := range taken {
				fits = fits && !other.Overlaps(block)
			}
			_, err := create("Subnet", fmt.Sprintf(`{"VpcId": %q, "CidrBlock": %q}`, vpc.PhysicalID, block))
			if fits != (err == nil) {
				t.Fatalf("%s with existing subnets %v: got %v, want it accepted: %v", block, taken, err, fits)
			}
			if err == nil {
				taken = append(taken, block)
			}
		}
	})
}

func TestASubnetChangesItsRouteTable(t *testing.T) {
	n := start(t)
	vpc := n.create("VPC", `{"CidrBlock": "10.0.0.0/20"}`)
	subnet := n.create("Subnet", `{"VpcId": %q, "CidrBlock": "10.0.0.0/24"}`, vpc.PhysicalID)
	before := n.create("RouteTable", `{"VpcId": %q}`, vpc.PhysicalID)
	after := n.create("RouteTable", `{"VpcId": %q}`, vpc.PhysicalID)
	const properties = `{"RouteTableId": %q, "SubnetId": %q}`
	held := n.create("SubnetRouteTableAssociation", properties, before.PhysicalID, subnet.PhysicalID)
	_, err := n.try("SubnetRouteTableAssociation", properties, after.PhysicalID, subnet.PhysicalID)
	if err == nil || !strings.HasPrefix(err.Error(), "Resource.AlreadyAssociated") {
		t.Errorf("a second table: got %v, want Resource.AlreadyAssociated", err)
	}
	if _, err := n.Resources()["AWS::EC2::SubnetRouteTableAssociation"].Update(t.Context(), resource.Request{
		PhysicalID: held.PhysicalID,
		Properties: json.RawMessage(fmt.Sprintf(properties, after.PhysicalID, subnet.PhysicalID)),
	}); err != nil {
		t.Fatal(err)
	}
	if err := n.delete("RouteTable", before); err != nil {
		t.Errorf("delete the subnet's old table: %v", err)
	}
	if err := n.delete("RouteTable", after); err == nil {
		t.Error("the subnet's current table was deleted")
	}
}

func TestFlowLogsAreDeletedWithTheirVPC(t *testing.T) {
	n := start(t)
	vpc := n.create("VPC", `{"CidrBlock": "10.0.0.0/20"}`)
	n.create("FlowLog", `{"ResourceId": %q, "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3",
		"LogDestination": "arn:aws:s3:::logs"}`, vpc.PhysicalID)
	if err := n.delete("VPC", vpc); err != nil {
		t.Fatal(err)
	}
	if len(n.parts) != 0 {
		t.Errorf("not deleted: %v", n.parts)
	}
}
