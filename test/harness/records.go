package harness

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/oralake/oralake/internal/records"
)

// RunRecords returns the records of a job's runs, oldest first.
func (a *Account) RunRecords(o Outputs, job string) []records.Run {
	return items[records.Run](a, o["StatsTable"], records.JobKey(job))
}

// TableRecords returns the records of a table, oldest first.
func (a *Account) TableRecords(o Outputs, table string) []records.Table {
	return items[records.Table](a, o["StatsTable"], records.TableKey(table))
}

// TaskRecords returns the records of a replication task, oldest first.
func (a *Account) TaskRecords(o Outputs, task string) []records.Task {
	return items[records.Task](a, o["StatsTable"], records.TaskKey(task))
}

func items[T any](a *Account, table, partition string) []T {
	a.t.Helper()
	out, err := a.Records.Query(a.t.Context(), &dynamodb.QueryInput{
		TableName: &table, KeyConditionExpression: aws.String("pk = :pk AND begins_with(sk, :run)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":pk": &types.AttributeValueMemberS{Value: partition}, ":run": &types.AttributeValueMemberS{Value: "RUN#"},
		},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	var found []T
	if err := attributevalue.UnmarshalListOfMaps(out.Items, &found); err != nil {
		a.t.Fatal(err)
	}
	return slices.Clip(found)
}

// Lease returns the holder of a job's lease; the zero Holder when the lease is free.
func (a *Account) Lease(o Outputs, job string) records.Holder {
	a.t.Helper()
	out, err := a.Records.GetItem(a.t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String(o["StatsTable"]),
		Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: records.JobKey(job)}, "sk": &types.AttributeValueMemberS{Value: "LEASE"},
		},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	holder, err := records.ReadHolder(out.Item)
	if err != nil {
		a.t.Fatal(err)
	}
	return holder
}
