package cloudformation

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func TestExportsAndImports(t *testing.T) {
	exporting := func(value string) string {
		return `{"Resources": {"A": {"Type": "Test::Thing"}},
			"Outputs": {"O": {"Value": "` + value + `", "Export": {"Name": {"Fn::Sub": "${AWS::Region}-vpc"}}}}}`
	}
	const importing = `{"Resources": {"B": {"Type": "Test::Thing", "Properties": {
		"Vpc": {"Fn::ImportValue": {"Fn::Sub": "${AWS::Region}-vpc"}}}}}}`
	w := newWorld()
	c := newCloud(t, w)
	base := c.deploy("base", exporting("vpc-1"))
	user := c.deploy("user", importing)
	if got := w.snapshot()["B-2"]; got != `{"Vpc":"vpc-1"}` {
		t.Errorf("imported %s", got)
	}
	exports, err := c.client.ListExports(t.Context(), &sdk.ListExportsInput{})
	if err != nil || len(exports.Exports) != 1 || *exports.Exports[0].Name != "eu-central-1-vpc" {
		t.Errorf("exports %v, %v", exports, err)
	}
	_, err = c.client.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: base.StackId})
	wantError(t, err, "Cannot delete export eu-central-1-vpc as it is in use by user.")
	for template, reason := range map[string]string{
		exporting("vpc-2"): "Cannot update export eu-central-1-vpc as it is in use by user.",
		before:             "Cannot delete export eu-central-1-vpc as it is in use by user.",
	} {
		st := c.deploy("base", template)
		if st.StackStatus != types.StackStatusUpdateRollbackComplete || !slices.Contains(c.reasons(*base.StackId), reason) {
			t.Errorf("%s: %s, %v", reason, st.StackStatus, c.reasons(*base.StackId))
		}
	}
	twin := c.deploy("twin", exporting("vpc-3"))
	if twin.StackStatus != types.StackStatusRollbackComplete || !slices.Contains(c.reasons(*twin.StackId),
		"Export with name eu-central-1-vpc is already exported by stack base. Rollback requested by user.") {
		t.Errorf("a second export of the name: %s, %v", twin.StackStatus, c.reasons(*twin.StackId))
	}
	c.destroy(*user.StackId)
	if st := c.destroy(*base.StackId); st.StackStatus != types.StackStatusDeleteComplete {
		t.Errorf("delete without importers: %s", st.StackStatus)
	}
}

// reasons lists the reasons in a stack's history.
func (c *cloud) reasons(id string) []string {
	c.t.Helper()
	out, err := c.client.DescribeStackEvents(c.t.Context(), &sdk.DescribeStackEventsInput{StackName: &id})
	if err != nil {
		c.t.Fatal(err)
	}
	var all []string
	for _, e := range out.StackEvents {
		all = append(all, aws.ToString(e.ResourceStatusReason))
	}
	return all
}
