package catalog

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/oralake/oralake/internal/records"
)

// Objects lists and deletes the files of the lake.
type Objects interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	DeleteObjects(context.Context, *s3.DeleteObjectsInput, ...func(*s3.Options)) (*s3.DeleteObjectsOutput, error)
}

// Show shows a publication in all projections.
func (c Catalog) Show(ctx context.Context, p Publication) error {
	for _, projection := range c.Projections {
		if err := projection.Show(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// Clean deletes the folders of a table, SCHEMA.TABLE in the lake, that have no use any more: replaced snapshots, and what failed runs
// have left. Call it only after Show has shown p, the publication of the table; p is the zero Publication if there is none. It deletes
// a folder only if
//
//   - p does not name it, as published or kept,
//   - it is not held: a person may still accept it,
//   - no run that may still load or publish it is live: this run holds the lease of its job, or nobody does, and
//   - an earlier call has found all this, at least c.Readers ago. No projection has shown it since.
//
// No run publishes a folder after that: only the run that has claimed a folder does, or its recovery, while it holds the lease.
func (c Catalog) Clean(ctx context.Context, w Writer, table string, p Publication) error {
	claims, err := c.claims(ctx, table)
	if err != nil {
		return fmt.Errorf("find the folders of table %s: %w", table, err)
	}
	held, _, err := c.FindHeld(ctx, table)
	if err != nil {
		return err
	}
	for _, folder := range claims {
		if p.names(folder.Run) || folder.Run == held.Snapshot.Run || folder.Execution == w.Execution {
			continue
		}
		live, err := c.isLive(ctx, w, folder)
		switch {
		case err != nil, live:
		case folder.UnnamedAt == nil:
			folder.UnnamedAt = &w.Now
			err = c.write(ctx, w, folder)
		case w.Now.Sub(*folder.UnnamedAt) >= c.Readers:
			err = c.remove(ctx, w, folder)
		}
		if err != nil {
			return fmt.Errorf("delete s3://%s/%s: %w", c.Bucket, folder.Location, err)
		}
	}
	return nil
}

// isLive says that the run that has claimed a folder, or its recovery, may be running.
func (c Catalog) isLive(ctx context.Context, w Writer, folder claim) (bool, error) {
	if folder.Job == w.Owner.Job {
		return false, nil
	}
	holder, err := records.FindHolder(ctx, c.Records, c.Table, folder.Job)
	return holder != (records.Holder{}), err
}

// claims reads all claims of a table.
func (c Catalog) claims(ctx context.Context, table string) (all []claim, err error) {
	pages := dynamodb.NewQueryPaginator(c.Records, &dynamodb.QueryInput{
		TableName: &c.Table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :table AND begins_with(sk, :prefix)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":table": &types.AttributeValueMemberS{Value: Key(table).PK}, ":prefix": &types.AttributeValueMemberS{Value: claimPrefix},
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		var found []claim
		if err := attributevalue.UnmarshalListOfMaps(page.Items, &found); err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// write replaces a claim.
func (c Catalog) write(ctx context.Context, w Writer, folder claim) error {
	put, err := c.put(folder, "attribute_exists(pk)", nil)
	if err != nil {
		return err
	}
	return records.WriteFenced(ctx, c.Records, c.Table, w.Owner, []types.TransactWriteItem{put})
}

// remove deletes the files of a folder, and then its claim. The location ends in a slash, so no other folder has it as a prefix.
func (c Catalog) remove(ctx context.Context, w Writer, folder claim) error {
	pages := s3.NewListObjectsV2Paginator(c.Lake, &s3.ListObjectsV2Input{Bucket: &c.Bucket, Prefix: &folder.Location})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		var objects []s3types.ObjectIdentifier
		for _, object := range page.Contents {
			objects = append(objects, s3types.ObjectIdentifier{Key: object.Key})
		}
		if len(objects) == 0 {
			continue
		}
		out, err := c.Lake.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket: &c.Bucket, Delete: &s3types.Delete{Objects: objects, Quiet: aws.Bool(true)},
		})
		if err != nil {
			return err
		}
		for _, failed := range out.Errors {
			return fmt.Errorf("S3 does not delete %s: %s: %s", aws.ToString(failed.Key), aws.ToString(failed.Code), aws.ToString(failed.Message))
		}
	}
	key, err := attributevalue.MarshalMap(folder.Key)
	if err != nil {
		return err
	}
	return records.WriteFenced(ctx, c.Records, c.Table, w.Owner, []types.TransactWriteItem{
		{Delete: &types.Delete{TableName: &c.Table, Key: key}},
	})
}
