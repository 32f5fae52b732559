package cloudwatchlogs_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/oralake/oralake/test/aws/cloudwatchlogs"
	"github.com/oralake/oralake/test/aws/resource"
)

func create(t *testing.T, s *cloudwatchlogs.Service, properties string) resource.Resource {
	t.Helper()
	created, err := s.Resources()["AWS::Logs::LogGroup"].Create(t.Context(), resource.Request{
		StackName: "lake", LogicalID: "Logs", Properties: json.RawMessage(properties),
	})
	if err != nil {
		t.Fatal(err)
	}
	return created
}

func TestLogGroupResource(t *testing.T) {
	s, client := start("")
	groups := s.Resources()["AWS::Logs::LogGroup"]
	created := create(t, s, `{"RetentionInDays": "30", "KmsKeyId": "arn:aws:kms:eu-central-1:111122223333:key/k", "Tags": [{"Key": "a", "Value": "b"}]}`)
	if !strings.HasPrefix(created.PhysicalID, "lake-Logs-") {
		t.Errorf("name: got %s, want a name with the stack name and the logical id", created.PhysicalID)
	}
	if got, want := created.Attributes["Arn"], acct.ARN("logs", "log-group:"+created.PhysicalID+":*"); got != want {
		t.Errorf("Arn: got %s, want %s", got, want)
	}
	retentions := func() []int32 {
		out, err := client.DescribeLogGroups(t.Context(), &sdk.DescribeLogGroupsInput{})
		if err != nil {
			t.Fatal(err)
		}
		var days []int32
		for _, g := range out.LogGroups {
			days = append(days, aws.ToInt32(g.RetentionInDays))
		}
		return days
	}
	change := resource.Request{
		LogicalID: "Logs", PhysicalID: created.PhysicalID,
		Properties: json.RawMessage(`{"RetentionInDays": 7}`),
	}
	if _, err := groups.Update(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	if got := retentions(); len(got) != 1 || got[0] != 7 {
		t.Errorf("retentions after the update: got %v, want 7", got)
	}
	for range 2 {
		if err := groups.Delete(t.Context(), change); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	if got := retentions(); len(got) != 0 {
		t.Errorf("after the delete: got %d groups, want none", len(got))
	}
}

func TestInvalidProperties(t *testing.T) {
	s, _ := start("")
	create(t, s, `{"LogGroupName": "/lake/taken"}`)
	for properties, want := range map[string]string{
		`{"RetentionInDays": 31}`:         "want one of",
		`{"LogGroupName": "a b"}`:         "log group name",
		`{"LogGroupClass": "GOLD"}`:       "LogGroupClass",
		`{"DataProtectionPolicy": {}}`:    "DataProtectionPolicy",
		`{"FieldIndexPolicies": [{}]}`:    "FieldIndexPolicies",
		`{"ResourcePolicyDocument": {}}`:  "ResourcePolicyDocument",
		`{"LogGroupName": "/lake/taken"}`: "already exists",
	} {
		_, err := s.Resources()["AWS::Logs::LogGroup"].Create(t.Context(), resource.Request{
			StackName: "lake", LogicalID: "Logs", Properties: json.RawMessage(properties),
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", properties, err, want)
		}
	}
}
