package cloudformation

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func TestTemplateFromABucket(t *testing.T) {
	c := newCloud(t, newWorld())
	c.objects["assets/a/template.json"] = one
	for _, address := range []string{
		"http://127.0.0.1:4566/assets/a/template.json",
		"https://s3.eu-central-1.amazonaws.com/assets/a/template.json",
		"https://assets.s3.eu-central-1.amazonaws.com/a/template.json",
		"https://assets.s3.amazonaws.com/a/template.json",
	} {
		set, err := c.createChangeSet("house", "", func(in *sdk.CreateChangeSetInput) {
			in.TemplateBody, in.TemplateURL = nil, &address
		})
		if err != nil || len(set.Changes) != 1 {
			t.Errorf("%s: %v", address, err)
		}
	}
	_, err := c.createChangeSet("house", "", func(in *sdk.CreateChangeSetInput) {
		in.TemplateBody, in.TemplateURL = nil, aws.String("http://127.0.0.1/assets/b.json")
	})
	wantError(t, err, "NoSuchKey: assets/b.json")
}

func TestIAMNeedsACapability(t *testing.T) {
	for template, want := range map[string]string{
		`{"Resources": {"A": {"Type": "AWS::IAM::Role"}}}`:                                     "CAPABILITY_IAM",
		`{"Resources": {"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "boss"}}}}`: "CAPABILITY_NAMED_IAM",
	} {
		c := newCloud(t, newWorld())
		_, err := c.createChangeSet("house", template, func(in *sdk.CreateChangeSetInput) { in.Capabilities = nil })
		wantError(t, err, "InsufficientCapabilitiesException: Requires capabilities : ["+want+"]")
	}
}

func TestStackInReview(t *testing.T) {
	c := newCloud(t, newWorld())
	set, err := c.createChangeSet("house", one, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.status("house").StackStatus, types.StackStatusReviewInProgress; got != want {
		t.Errorf("status %s, want %s", got, want)
	}
	body, err := c.client.GetTemplate(t.Context(), &sdk.GetTemplateInput{StackName: set.StackId})
	if err != nil || aws.ToString(body.TemplateBody) != "" {
		t.Errorf("template of the stack: got %v, %v, want an empty template in review", body, err)
	}
	body, err = c.client.GetTemplate(t.Context(), &sdk.GetTemplateInput{ChangeSetName: set.ChangeSetId})
	if err != nil || *body.TemplateBody != one {
		t.Errorf("template of the change set: %v, %v", body, err)
	}
	for range 2 { // the second delete finds no change set and succeeds
		remove := &sdk.DeleteChangeSetInput{StackName: set.StackId, ChangeSetName: set.ChangeSetName}
		if _, err = c.client.DeleteChangeSet(t.Context(), remove); err != nil {
			t.Errorf("delete the change set: %v", err)
		}
	}
	gone := &sdk.DescribeChangeSetInput{StackName: set.StackId, ChangeSetName: set.ChangeSetName}
	_, err = c.client.DescribeChangeSet(t.Context(), gone)
	wantError(t, err, "ChangeSetNotFound")
	if st := c.destroy(*set.StackId); st.StackStatus != types.StackStatusDeleteComplete {
		t.Errorf("delete: %s", st.StackStatus)
	}
}

func TestChangeSetIsExecutedOnce(t *testing.T) {
	c := newCloud(t, newWorld())
	c.deploy("house", one)
	again := &sdk.ExecuteChangeSetInput{StackName: aws.String("house"), ChangeSetName: aws.String("set-1")}
	_, err := c.client.ExecuteChangeSet(t.Context(), again)
	wantError(t, err, "InvalidChangeSetStatus")
	_, err = c.createChangeSet("house", one, func(in *sdk.CreateChangeSetInput) { in.ChangeSetType = types.ChangeSetTypeCreate })
	wantError(t, err, "already exists and cannot be created again")
}

func TestTerminationProtectionIsRejected(t *testing.T) {
	c := newCloud(t, newWorld())
	c.deploy("house", one)
	_, err := c.client.UpdateTerminationProtection(t.Context(), &sdk.UpdateTerminationProtectionInput{
		StackName: aws.String("house"), EnableTerminationProtection: aws.Bool(true),
	})
	wantError(t, err, "does not implement cloudformation:UpdateTerminationProtection")
	_, err = c.client.CreateStack(t.Context(), &sdk.CreateStackInput{
		StackName: aws.String("other"), TemplateBody: aws.String(one), EnableTerminationProtection: aws.Bool(true),
	})
	wantError(t, err, "EnableTerminationProtection")
}

func TestEventsComeInPages(t *testing.T) {
	all := map[string]any{}
	for i := range 130 {
		all[fmt.Sprintf("R%03d", i)] = map[string]any{"Type": "Test::Thing"}
	}
	c := newCloud(t, newWorld())
	st := c.deploy("house", resources(t, all))
	if got, want := len(c.history(*st.StackId)), 1+1+2*130+1; got != want {
		t.Errorf("%d events, want %d", got, want)
	}
	page, err := c.client.DescribeStackEvents(t.Context(), &sdk.DescribeStackEventsInput{StackName: st.StackId})
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range page.StackEvents[1:] {
		if !e.Timestamp.Before(*page.StackEvents[i].Timestamp) {
			t.Fatalf("event %d is not older than event %d, want the newest event first", i+1, i)
		}
	}
}
