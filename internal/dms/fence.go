package dms

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/smithy-go/middleware"
)

// Fence decides whether a function may still change tasks.
type Fence interface {
	// Check is called just before every request that changes a task, also before each attempt of a retry. If it returns an error,
	// the request is not sent.
	Check(context.Context) error
	// Creating is called before a task is created, Starting before one is started. The request may take effect even if its call
	// fails.
	Creating(ctx context.Context, taskID string)
	Starting(ctx context.Context, taskARN string)
}

// changingCalls are the calls that change tasks.
var changingCalls = []string{
	"AddTagsToResource", "CreateReplicationTask", "DeleteReplicationTask", "ModifyReplicationTask", "ReloadTables", "StartReplicationTask",
	"StopReplicationTask",
}

// WithFence is an option of a client: a fence guards all its calls that change tasks.
func WithFence(fence Fence) func(*awsdms.Options) {
	return func(o *awsdms.Options) {
		o.APIOptions = append(slices.Clone(o.APIOptions), func(stack *middleware.Stack) error {
			if !slices.Contains(changingCalls, stack.ID()) {
				return nil
			}
			if err := stack.Initialize.Add(announce(fence), middleware.After); err != nil {
				return err
			}
			return stack.Finalize.Insert(check(fence), "Retry", middleware.After)
		})
	}
}

// announce tells the fence which task a call creates or starts.
func announce(fence Fence) middleware.InitializeMiddleware {
	return middleware.InitializeMiddlewareFunc("AnnounceToFence", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		switch p := in.Parameters.(type) {
		case *awsdms.CreateReplicationTaskInput:
			fence.Creating(ctx, aws.ToString(p.ReplicationTaskIdentifier))
		case *awsdms.StartReplicationTaskInput:
			fence.Starting(ctx, aws.ToString(p.ReplicationTaskArn))
		}
		return next.HandleInitialize(ctx, in)
	})
}

// check checks the fence before each attempt.
func check(fence Fence) middleware.FinalizeMiddleware {
	return middleware.FinalizeMiddlewareFunc("CheckFence", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if err := fence.Check(ctx); err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, err
		}
		return next.HandleFinalize(ctx, in)
	})
}
