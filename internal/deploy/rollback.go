package deploy

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Stacks describes CloudFormation stacks and their events.
type Stacks interface {
	DescribeStacks(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error)
	DescribeStackEvents(context.Context, *cloudformation.DescribeStackEventsInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackEventsOutput, error)
}

// RollsBack says whether an update request belongs to the rollback of an update. CloudFormation does not say so in the request:
// in a rollback, the old properties are those of the failed update. RollsBack fails if the stack is not being updated: then the
// request is late, because Lambda may deliver it twice, and must change nothing.
func RollsBack(ctx context.Context, api Stacks, r Request) (bool, error) {
	out, err := api.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(r.StackID)})
	if err != nil {
		return false, fmt.Errorf("read whether the stack is rolled back: %w", err)
	}
	if len(out.Stacks) == 0 {
		return false, fmt.Errorf("read whether the stack is rolled back: there is no stack %s", r.StackID)
	}
	switch out.Stacks[0].StackStatus {
	case types.StackStatusUpdateRollbackInProgress, types.StackStatusUpdateRollbackCompleteCleanupInProgress:
		return true, nil
	case types.StackStatusUpdateInProgress:
		return false, nil
	}
	return false, fmt.Errorf("the request comes too late: the stack is not being updated, its status is %s", out.Stacks[0].StackStatus)
}

// mustBeDeleting fails if CloudFormation is not deleting resources of the stack now. Then the request to delete a resource is late,
// because Lambda may deliver it twice, and must change nothing: a later deploy may have created the resource again.
func mustBeDeleting(ctx context.Context, api Stacks, r Request) error {
	out, err := api.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(r.StackID)})
	if err != nil {
		return fmt.Errorf("read whether the stack deletes resources: %w", err)
	}
	if len(out.Stacks) == 0 {
		return fmt.Errorf("read whether the stack deletes resources: there is no stack %s", r.StackID)
	}
	switch status := out.Stacks[0].StackStatus; status {
	case types.StackStatusDeleteInProgress, types.StackStatusRollbackInProgress, types.StackStatusUpdateRollbackInProgress,
		types.StackStatusUpdateCompleteCleanupInProgress, types.StackStatusUpdateRollbackCompleteCleanupInProgress:
		return nil
	default:
		return fmt.Errorf("the request comes too late: the stack does not delete resources now, its status is %s", status)
	}
}

// Updated says whether this resource was updated successfully in the stack update that is now rolled back.
func Updated(ctx context.Context, api Stacks, r Request) (bool, error) {
	pages := cloudformation.NewDescribeStackEventsPaginator(api, &cloudformation.DescribeStackEventsInput{
		StackName: aws.String(r.StackID),
	})
	for pages.HasMorePages() { // The newest event comes first.
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, fmt.Errorf("read the events of the stack's update: %w", err)
		}
		for _, e := range page.StackEvents {
			ofResource := aws.ToString(e.LogicalResourceId) == r.LogicalResourceID
			ofStack := aws.ToString(e.PhysicalResourceId) == r.StackID
			switch {
			case ofResource && e.ResourceStatus == types.ResourceStatusUpdateComplete:
				return true, nil
			case ofResource && e.ResourceStatus == types.ResourceStatusUpdateFailed:
				return false, nil
			case ofStack && e.ResourceStatus == types.ResourceStatusUpdateInProgress:
				return false, nil // The update of the stack starts here.
			}
		}
	}
	return false, nil
}
