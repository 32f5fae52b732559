package dynamodb_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A transaction makes all of its changes or none. Its error has a reason for each item.
func TestTransactionIsAllOrNothing(t *testing.T) {
	_, client, name := start(t)
	exists := func(pk string) bool {
		t.Helper()
		out, err := client.GetItem(t.Context(), &sdk.GetItemInput{TableName: &name, Key: key(pk, "1")})
		if err != nil {
			t.Fatal(err)
		}
		return out.Item != nil
	}
	write := func(token string, condition string, put string) error {
		_, err := client.TransactWriteItems(t.Context(), &sdk.TransactWriteItemsInput{
			ClientRequestToken: &token,
			TransactItems: []types.TransactWriteItem{
				{ConditionCheck: &types.ConditionCheck{TableName: &name, Key: key("lease", "1"), ConditionExpression: &condition}},
				{Put: &types.Put{TableName: &name, Item: key(put, "1")}},
				{Delete: &types.Delete{TableName: &name, Key: key("old", "1")}},
			},
		})
		return err
	}
	if _, err := client.PutItem(t.Context(), &sdk.PutItemInput{TableName: &name, Item: key("old", "1")}); err != nil {
		t.Fatal(err)
	}
	var cancelled *types.TransactionCanceledException
	if err := write("1", "attribute_exists(pk)", "new"); !errors.As(err, &cancelled) {
		t.Fatalf("error %v, want a cancelled transaction", err)
	}
	var codes []string
	for _, r := range cancelled.CancellationReasons {
		codes = append(codes, aws.ToString(r.Code))
	}
	if got, want := strings.Join(codes, " "), "ConditionalCheckFailed None None"; got != want {
		t.Errorf("reasons %q, want %q", got, want)
	}
	if exists("new") || !exists("old") {
		t.Error("a cancelled transaction has changed an item")
	}
	if err := write("2", "attribute_not_exists(pk)", "new"); err != nil {
		t.Fatal(err)
	}
	if !exists("new") || exists("old") || exists("lease") {
		t.Error("the transaction has not made exactly its changes")
	}
	// The same request with the same token succeeds again, also if its condition would fail now.
	if _, err := client.PutItem(t.Context(), &sdk.PutItemInput{TableName: &name, Item: key("lease", "1")}); err != nil {
		t.Fatal(err)
	}
	if err := write("2", "attribute_not_exists(pk)", "new"); err != nil {
		t.Errorf("the repeated transaction: %v", err)
	}
	if got := code(write("2", "attribute_not_exists(pk)", "another")); got != "IdempotentParameterMismatchException" {
		t.Errorf("another transaction with the same token: error %q, want IdempotentParameterMismatchException", got)
	}
}

// AWS limits a transaction to 100 items, 400 KB each and 4 MB together, and each item occurs once.
func TestTransactionLimits(t *testing.T) {
	_, client, name := start(t)
	large := strings.Repeat("x", 399<<10)
	items := func(n int, text string) (all []types.TransactWriteItem) {
		for i := range n {
			item := key(strconv.Itoa(i), "1")
			item["text"] = &types.AttributeValueMemberS{Value: text}
			all = append(all, types.TransactWriteItem{Put: &types.Put{TableName: &name, Item: item}})
		}
		return all
	}
	for what, test := range map[string]struct {
		items []types.TransactWriteItem
		want  string
	}{
		"100 items":   {items(100, "short"), ""},
		"101 items":   {items(101, "short"), "ValidationException"},
		"10 large":    {items(10, large), ""},
		"11 large":    {items(11, large), "ValidationException"},
		"one too big": {items(1, strings.Repeat("x", 400<<10)), "ValidationException"},
		"item twice":  {append(items(1, ""), items(1, "")...), "ValidationException"},
	} {
		_, err := client.TransactWriteItems(t.Context(), &sdk.TransactWriteItemsInput{TransactItems: test.items})
		if got := code(err); got != test.want || (err == nil) != (test.want == "") {
			t.Errorf("%s: error %v, want %q", what, err, test.want)
		}
	}
}
