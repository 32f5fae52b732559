package deploy

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// stackStatus is a CloudFormation whose only stack has a status.
type stackStatus types.StackStatus

func (s stackStatus) DescribeStacks(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error) {
	return &cloudformation.DescribeStacksOutput{Stacks: []types.Stack{{StackStatus: types.StackStatus(s)}}}, nil
}

func (s stackStatus) DescribeStackEvents(context.Context, *cloudformation.DescribeStackEventsInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackEventsOutput, error) {
	return &cloudformation.DescribeStackEventsOutput{}, nil
}

// Lambda may deliver a request twice. A second request to delete a job must not delete the tasks of the job that a later deploy has
// created under the same name.
func TestLateDeletionIsRefused(t *testing.T) {
	for status, late := range map[types.StackStatus]bool{
		types.StackStatusDeleteInProgress:                false,
		types.StackStatusRollbackInProgress:              false,
		types.StackStatusUpdateCompleteCleanupInProgress: false,
		types.StackStatusUpdateComplete:                  true,
		types.StackStatusUpdateInProgress:                true,
		types.StackStatusCreateComplete:                  true,
	} {
		err := mustBeDeleting(t.Context(), stackStatus(status), Request{})
		if (err != nil) != late || err != nil && !strings.Contains(err.Error(), "too late") {
			t.Errorf("%s: error %v, late: %t", status, err, late)
		}
	}
}
