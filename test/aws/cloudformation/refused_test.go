package cloudformation

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// one is a template with one resource.
const one = `{"Resources": {"A": {"Type": "Test::Thing"}}}`

// wantError checks that the text of err contains want.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v\nwant %s", err, want)
	}
}

func TestInvalidTemplatesAreRejected(t *testing.T) {
	raw, err := os.ReadFile("testdata/refused.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Is, Error string
		Template  json.RawMessage
	}
	if err := decodeStrictly(raw, "testdata/refused.json", &cases); err != nil {
		t.Fatal(err)
	}
	for _, tt := range cases {
		t.Run(tt.Is, func(t *testing.T) {
			body := string(tt.Template)
			var text string
			if json.Unmarshal(tt.Template, &text) == nil {
				body = text
			}
			w := newWorld()
			c := newCloud(t, w)
			_, err := c.createChangeSet("house", body, nil)
			wantError(t, err, tt.Error)
			out, err := c.client.DescribeStacks(t.Context(), &sdk.DescribeStacksInput{})
			if err != nil || len(out.Stacks) != 0 || len(w.takeCalls()) != 0 {
				t.Errorf("stacks %v, error %v, want no stack and no call of a resource type", out.Stacks, err)
			}
		})
	}
}

func TestUnsupportedOptionsAreNamedInTheError(t *testing.T) {
	for want, change := range map[string]func(*sdk.CreateChangeSetInput){
		"with ImportExistingResources=true": func(in *sdk.CreateChangeSetInput) {
			in.ImportExistingResources = aws.Bool(true)
		},
		"with NotificationARNs.member.1=arn:x": func(in *sdk.CreateChangeSetInput) {
			in.NotificationARNs = []string{"arn:x"}
		},
		"with DeploymentConfig.Mode=EXPRESS": func(in *sdk.CreateChangeSetInput) {
			in.DeploymentConfig = &types.DeploymentConfig{Mode: "EXPRESS"}
		},
		"change sets of type IMPORT": func(in *sdk.CreateChangeSetInput) {
			in.ChangeSetType = types.ChangeSetTypeImport
		},
		"with OnStackFailure=DELETE": func(in *sdk.CreateChangeSetInput) {
			in.OnStackFailure = types.OnStackFailureDelete
		},
		"is no name for a stack": func(in *sdk.CreateChangeSetInput) {
			in.StackName = aws.String("no_name")
		},
		"aws: prefixed tag key": func(in *sdk.CreateChangeSetInput) {
			in.Tags = []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("y")}}
		},
	} {
		_, err := newCloud(t, newWorld()).createChangeSet("house", one, change)
		wantError(t, err, want)
	}
}

func TestUnsupportedOperationIsNamedInTheError(t *testing.T) {
	c := newCloud(t, newWorld())
	_, err := c.client.DetectStackDrift(t.Context(), &sdk.DetectStackDriftInput{StackName: aws.String("x")})
	wantError(t, err, "the embedded AWS does not implement cloudformation:DetectStackDrift")
}

func TestRunningOperationBlocksOthers(t *testing.T) {
	w := newWorld()
	w.gate = make(chan struct{})
	c := newCloud(t, w)
	set, err := c.createChangeSet("house", one, nil)
	if err != nil {
		t.Fatal(err)
	}
	execute := &sdk.ExecuteChangeSetInput{ChangeSetName: set.ChangeSetId}
	if _, err := c.client.ExecuteChangeSet(t.Context(), execute); err != nil {
		t.Fatal(err)
	}
	_, err = c.createChangeSet("house", one, nil)
	wantError(t, err, "is in CREATE_IN_PROGRESS state and can not be updated")
	_, err = c.client.DeleteChangeSet(t.Context(), &sdk.DeleteChangeSetInput{ChangeSetName: set.ChangeSetId})
	wantError(t, err, "is in EXECUTE_IN_PROGRESS and cannot be deleted")
	close(w.gate)
	if st := c.waitForEnd(*set.StackId); st.StackStatus != types.StackStatusCreateComplete {
		t.Errorf("status %s", st.StackStatus)
	}
	done, err := c.client.DescribeChangeSet(t.Context(), &sdk.DescribeChangeSetInput{ChangeSetName: set.ChangeSetId})
	if err != nil || done.ExecutionStatus != types.ExecutionStatusExecuteComplete {
		t.Errorf("change set: got %v, %v, want EXECUTE_COMPLETE", done, err)
	}
}

func TestStackCannotBeDeletedDuringUpdate(t *testing.T) {
	w := newWorld()
	c := newCloud(t, w)
	st := c.deploy("house", one)
	w.gate = make(chan struct{})
	set, err := c.createChangeSet("house", resources(t, map[string]any{"Other": map[string]any{"Type": "Test::Thing"}}), nil)
	if err != nil {
		t.Fatal(err)
	}
	execute := &sdk.ExecuteChangeSetInput{ChangeSetName: set.ChangeSetId}
	if _, err := c.client.ExecuteChangeSet(t.Context(), execute); err != nil {
		t.Fatal(err)
	}
	_, err = c.client.DeleteStack(t.Context(), &sdk.DeleteStackInput{StackName: st.StackId})
	wantError(t, err, "cannot be deleted while in status UPDATE_IN_PROGRESS")
	close(w.gate)
	if st := c.waitForEnd(*st.StackId); st.StackStatus != types.StackStatusUpdateComplete {
		t.Errorf("status %s", st.StackStatus)
	}
}

func TestPropertiesMustBeAnObject(t *testing.T) {
	for name, properties := range map[string]string{
		"a parameter":             `{"Ref": "P"}`,
		"no value":                `{"Ref": "AWS::NoValue"}`,
		"an unsupported function": `{"Fn::If": ["Yes", "text", {"Size": 1}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newCloud(t, newWorld()).createChangeSet("house", `{
				"Parameters": {"P": {"Type": "String", "Default": "x"}},
				"Resources": {"A": {"Type": "Test::Thing", "Properties": `+properties+`}}}`, nil)
			wantError(t, err, "ValidationError: Template format error: [/Resources/A/Properties] Properties must be an object")
		})
	}
}
