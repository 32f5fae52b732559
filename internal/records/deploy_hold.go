package records

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A deploy that changes what a job's task uses, or that deletes the job, holds the job's lease: then no run starts a task
// meanwhile. The hold ends at a set time, so an interrupted deploy does not block the job for ever.

// HoldForDeploy takes the lease of a job for a deploy. It takes the lease also from an earlier deploy, and not from a run. It
// returns the holder of the lease after the call.
func HoldForDeploy(ctx context.Context, api LeaseStore, tableName, job string, until, now time.Time) (Holder, error) {
	return holdForDeploy(ctx, api, tableName, job, until, now, "attribute_not_exists(pk) OR attribute_exists(deployHoldUntil)", nil)
}

// HoldAfterRun does the same as HoldForDeploy, and takes the lease also from one abandoned run, given by the ARN of its
// execution.
func HoldAfterRun(ctx context.Context, api LeaseStore, tableName, job, abandoned string, until, now time.Time) (Holder, error) {
	return holdForDeploy(ctx, api, tableName, job, until, now,
		"attribute_not_exists(pk) OR attribute_exists(deployHoldUntil) OR holder = :abandoned",
		map[string]types.AttributeValue{":abandoned": stringValue(abandoned)})
}

func holdForDeploy(ctx context.Context, api LeaseStore, tableName, job string, until, now time.Time,
	condition string, values map[string]types.AttributeValue,
) (Holder, error) {
	holder, err := putLease(ctx, api, tableName, job, Holder{DeployHold: until}, condition, values, now)
	if err != nil {
		return Holder{}, fmt.Errorf("hold the lease of job %s for the deploy: %w", job, err)
	}
	return holder, nil
}

// ReleaseDeployHold releases the lease of a job if a deploy holds it. It never releases the lease of a run.
func ReleaseDeployHold(ctx context.Context, api LeaseStore, tableName, job string) error {
	return release(ctx, api, tableName, job, "attribute_exists(deployHoldUntil)", nil)
}
