package harness

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/oralake/oralake/internal/department"
)

// Update updates the stack of a department to another template and waits for the end. The error says why the update was
// refused or rolled back. The test fails when the rollback fails, too.
func (a *Account) Update(d *department.Department, template []byte) error {
	a.t.Helper()
	stack := StackName(d.Name)
	_, err := a.Stacks.UpdateStack(a.t.Context(), &cloudformation.UpdateStackInput{
		StackName: &stack, TemplateURL: a.upload(d, template),
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	})
	if err != nil {
		return err
	}
	for {
		time.Sleep(10 * time.Second)
		out, err := a.Stacks.DescribeStacks(a.t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
		if err != nil {
			a.t.Fatal(err)
		}
		switch status := out.Stacks[0].StackStatus; status {
		case types.StackStatusUpdateComplete:
			return nil
		case types.StackStatusUpdateRollbackComplete:
			return fmt.Errorf("stack %s was rolled back: %s", stack, a.failures(stack))
		case types.StackStatusUpdateRollbackFailed, types.StackStatusUpdateFailed:
			a.t.Fatalf("stack %s is %s: %s", stack, status, a.failures(stack))
		}
	}
}

// failures returns why resources failed in the last deploy of a stack, oldest first.
func (a *Account) failures(stack string) string {
	a.t.Helper()
	var reasons []string
	pages := cloudformation.NewDescribeStackEventsPaginator(a.Stacks, &cloudformation.DescribeStackEventsInput{StackName: &stack})
	for pages.HasMorePages() {
		page, err := pages.NextPage(a.t.Context())
		if err != nil {
			a.t.Fatal(err)
		}
		for _, e := range page.StackEvents {
			begins := e.ResourceStatus == types.ResourceStatusUpdateInProgress || e.ResourceStatus == types.ResourceStatusCreateInProgress
			if aws.ToString(e.LogicalResourceId) == stack && begins {
				return strings.Join(reasons, "; ")
			}
			if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") && aws.ToString(e.LogicalResourceId) != stack {
				reasons = append([]string{aws.ToString(e.LogicalResourceId) + ": " + aws.ToString(e.ResourceStatusReason)}, reasons...)
			}
		}
	}
	return strings.Join(reasons, "; ")
}
