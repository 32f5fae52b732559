package records

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A deploy that changes what a job's task uses, or takes the job down, holds the job's lease, so that no run starts a
// task. The holder is then no execution, but these words and a time, after which the hold is void: a deploy that dies
// holds nothing for ever.
const heldUntil = "a deploy, until "

// DeployHoldEnd tells when the hold of a deploy ends; false for a holder that is an execution.
func DeployHoldEnd(holder string) (until time.Time, ok bool) {
	stamp, ok := strings.CutPrefix(holder, heldUntil)
	if !ok {
		return time.Time{}, false
	}
	until, err := time.Parse(time.RFC3339, stamp)
	return until, err == nil
}

// HoldForDeploy takes the lease of a job for a deploy, also from an earlier hold. If a run has the lease, it returns which one,
// and takes nothing.
func HoldForDeploy(ctx context.Context, api LeaseStore, tableName, job string, until, now time.Time) (run string, err error) {
	return HoldAfterRun(ctx, api, tableName, job, "", until, now)
}

// HoldAfterRun is Hold, and takes the lease also from an execution that is no longer running, if dead names one.
func HoldAfterRun(
	ctx context.Context, api LeaseStore, tableName, job, dead string, until, now time.Time,
) (run string, err error) {
	condition := "attribute_not_exists(pk) OR begins_with(holder, :hold)"
	values := map[string]types.AttributeValue{":hold": text(heldUntil)}
	if dead != "" {
		condition += " OR holder = :dead"
		values[":dead"] = text(dead)
	}
	_, err = api.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(tableName),
		Item: map[string]types.AttributeValue{
			"pk":         text(JobKey(job)),
			"sk":         text(leaseKey),
			"holder":     text(heldUntil + until.UTC().Format(time.RFC3339)),
			"acquiredAt": text(now.UTC().Format(time.RFC3339Nano)),
			"expiresAt":  &types.AttributeValueMemberN{Value: strconv.FormatInt(now.Add(leaseLife).Unix(), 10)},
		},
		ConditionExpression:                 &condition,
		ExpressionAttributeValues:           values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var held *types.ConditionalCheckFailedException
	if errors.As(err, &held) {
		if holder, ok := held.Item["holder"].(*types.AttributeValueMemberS); ok {
			return holder.Value, nil
		}
		return "a run that just ended", nil
	}
	if err != nil {
		return "", fmt.Errorf("hold the lease of job %s: %w", job, err)
	}
	return "", nil
}

// ReleaseDeployHold gives the lease of a job back if a deploy holds it.
func ReleaseDeployHold(ctx context.Context, api LeaseStore, tableName, job string) error {
	_, err := api.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:                 aws.String(tableName),
		Key:                       keyItem(Key{PK: JobKey(job), SK: leaseKey}),
		ConditionExpression:       aws.String("begins_with(holder, :hold)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":hold": text(heldUntil)},
	})
	var notOurs *types.ConditionalCheckFailedException
	if err != nil && !errors.As(err, &notOurs) {
		return fmt.Errorf("give back the lease of job %s: %w", job, err)
	}
	return nil
}
