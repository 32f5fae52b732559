package deploy

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Stacks tells about stacks.
type Stacks interface {
	DescribeStacks(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error)
	DescribeStackEvents(context.Context, *cloudformation.DescribeStackEventsInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackEventsOutput, error)
}

// RollsBack says whether an update request belongs to the rollback of an update. CloudFormation does not say so in the
// request; old and new properties have then changed places. The error is also that of a request that comes late, as
// Lambda may deliver it twice: when the stack is not being updated any more, nothing may be done.
func RollsBack(ctx context.Context, api Stacks, r Request) (bool, error) {
	out, err := api.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(r.StackID)})
	if err != nil {
		return false, fmt.Errorf("look whether the stack is rolled back: %w", err)
	}
	if len(out.Stacks) == 0 {
		return false, fmt.Errorf("look whether the stack is rolled back: there is no stack %s", r.StackID)
	}
	switch out.Stacks[0].StackStatus {
	case types.StackStatusUpdateRollbackInProgress, types.StackStatusUpdateRollbackCompleteCleanupInProgress:
		return true, nil
	case types.StackStatusUpdateInProgress:
		return false, nil
	}
	return false, fmt.Errorf("the stack is not being updated, it is %s: the request comes too late", out.Stacks[0].StackStatus)
}

// Updated says whether the resource's own update, in the update that is now rolled back, was complete.
func Updated(ctx context.Context, api Stacks, r Request) (bool, error) {
	pages := cloudformation.NewDescribeStackEventsPaginator(api, &cloudformation.DescribeStackEventsInput{
		StackName: aws.String(r.StackID),
	})
	for pages.HasMorePages() { // the newest first
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, fmt.Errorf("look how the update went: %w", err)
		}
		for _, e := range page.StackEvents {
			mine := aws.ToString(e.LogicalResourceId) == r.LogicalResourceID
			whole := aws.ToString(e.PhysicalResourceId) == r.StackID
			switch {
			case mine && e.ResourceStatus == types.ResourceStatusUpdateComplete:
				return true, nil
			case mine && e.ResourceStatus == types.ResourceStatusUpdateFailed:
				return false, nil
			case whole && e.ResourceStatus == types.ResourceStatusUpdateInProgress:
				return false, nil // the beginning of the update
			}
		}
	}
	return false, nil
}
