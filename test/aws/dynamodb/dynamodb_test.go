package dynamodb_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/dynamodb"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam"
	"github.com/oralake/oralake/test/aws/resource"
)

var acct = account.Account{ID: "123456789012", Region: "eu-central-1"}

const properties = `{
	"BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
	"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
	"TimeToLiveSpecification": {"AttributeName": "expiresAt", "Enabled": true},
	"DeletionProtectionEnabled": %t,
	"Tags": [{"Key": "department", "Value": "sales"}]}`

func start(t *testing.T) (*dynamodb.Service, *sdk.Client, string) {
	t.Helper()
	s := dynamodb.New(acct)
	g := gateway.New(iam.New(acct))
	g.Handle("dynamodb", s.Handler())
	made, err := s.Resources()["AWS::DynamoDB::Table"].Create(t.Context(), resource.Request{
		StackName: "oralake-sales", LogicalID: "Runs", Properties: json.RawMessage(fmt.Sprintf(properties, false)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, sdk.NewFromConfig(g.Config(acct.Region, iam.AdminCredentials())), made.PhysicalID
}

func key(pk, sk string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk},
	}
}

func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

func TestWaiterSeesTheTable(t *testing.T) {
	_, client, name := start(t)
	err := sdk.NewTableExistsWaiter(client).Wait(t.Context(), &sdk.DescribeTableInput{
		TableName: &name,
	}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.DescribeTable(t.Context(), &sdk.DescribeTableInput{TableName: &name})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := *out.Table.TableArn, "arn:aws:dynamodb:eu-central-1:123456789012:table/"+name; got != want {
		t.Errorf("ARN: got %s, want %s", got, want)
	}
	if _, err := client.GetItem(t.Context(), &sdk.GetItemInput{
		TableName: out.Table.TableArn, Key: key("a", "b"),
	}); err != nil {
		t.Errorf("get an item by the ARN of its table: %v", err)
	}
}

func TestStructsThereAndBack(t *testing.T) {
	_, client, name := start(t)
	type run struct {
		PK     string `dynamodbav:"pk"`
		SK     string `dynamodbav:"sk"`
		Rows   int64
		Tables []string
		Errors map[string]string
	}
	want := run{
		PK: "JOB#orders", SK: "RUN#1", Rows: 1 << 60, Tables: []string{},
		Errors: map[string]string{"SALES.ORDERS": "ORA-01555"},
	}
	item, err := attributevalue.MarshalMap(want)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutItem(t.Context(), &sdk.PutItemInput{TableName: &name, Item: item}); err != nil {
		t.Fatal(err)
	}
	out, err := client.Query(t.Context(), &sdk.QueryInput{
		TableName:                &name,
		KeyConditionExpression:   aws.String("(#0 = :0) AND (begins_with (#1, :1))"), // as the SDK builds it
		ExpressionAttributeNames: map[string]string{"#0": "pk", "#1": "sk"},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":0": &types.AttributeValueMemberS{Value: "JOB#orders"}, ":1": &types.AttributeValueMemberS{Value: "RUN#"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []run
	if err := attributevalue.UnmarshalListOfMaps(out.Items, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, []run{want}); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}

// A key condition cannot compare with an empty string, since no key is one. The message is that of AWS.
func TestEmptyKeyConditions(t *testing.T) {
	_, client, name := start(t)
	for attribute, condition := range map[string]string{"pk": "pk = :empty", "sk": "pk = :p AND begins_with(sk, :empty)"} {
		values := map[string]types.AttributeValue{":empty": &types.AttributeValueMemberS{}}
		if attribute == "sk" {
			values[":p"] = &types.AttributeValueMemberS{Value: "JOB#orders"}
		}
		_, err := client.Query(t.Context(), &sdk.QueryInput{
			TableName: &name, KeyConditionExpression: &condition, ExpressionAttributeValues: values,
		})
		want := "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: " + attribute
		if code(err) != "ValidationException" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", condition, err, want)
		}
	}
}

func TestOnlyOneTakesTheLease(t *testing.T) {
	_, client, name := start(t)
	var taken, refused int
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			item := key("JOB#orders", "LEASE")
			item["owner"] = &types.AttributeValueMemberN{Value: fmt.Sprint(i)}
			_, err := client.PutItem(t.Context(), &sdk.PutItemInput{
				TableName: &name, Item: item, ConditionExpression: aws.String("attribute_not_exists(pk)"),
				ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
			})
			mu.Lock()
			defer mu.Unlock()
			var held *types.ConditionalCheckFailedException
			switch {
			case err == nil:
				taken++
			case errors.As(err, &held) && held.Item["owner"] != nil:
				refused++
			default:
				t.Errorf("got %v", err)
			}
		})
	}
	all.Wait()
	if taken != 1 || refused != 19 {
		t.Errorf("%d took the lease and %d were refused, want 1 and 19", taken, refused)
	}
}

func TestLimitOfAnItem(t *testing.T) {
	_, client, name := start(t)
	item := key("a", "b")
	item["x"] = &types.AttributeValueMemberS{Value: strings.Repeat("x", 400<<10)}
	if _, err := client.PutItem(t.Context(), &sdk.PutItemInput{
		TableName: &name, Item: item,
	}); code(err) != "ValidationException" {
		t.Errorf("401 KB: got %v, want ValidationException", err)
	}
	item["x"] = &types.AttributeValueMemberS{Value: strings.Repeat("x", 399<<10)}
	if _, err := client.PutItem(t.Context(), &sdk.PutItemInput{TableName: &name, Item: item}); err != nil {
		t.Errorf("399 KB: %v", err)
	}
}

func TestPagesOfAMegabyte(t *testing.T) {
	_, client, name := start(t)
	for i := range 5 {
		item := key("a", fmt.Sprint(i))
		item["x"] = &types.AttributeValueMemberS{Value: strings.Repeat("x", 390<<10)}
		if _, err := client.PutItem(t.Context(), &sdk.PutItemInput{TableName: &name, Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	var pages, items int
	for p := sdk.NewScanPaginator(client, &sdk.ScanInput{TableName: &name}); p.HasMorePages(); pages++ {
		out, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		items += len(out.Items)
	}
	if pages != 2 || items != 5 {
		t.Errorf("%d items on %d pages, want 5 on 2", items, pages)
	}
}

func TestRefusedByName(t *testing.T) {
	_, client, name := start(t)
	_, err := client.GetItem(t.Context(), &sdk.GetItemInput{
		TableName: &name, Key: key("a", "b"), AttributesToGet: []string{"a"},
	})
	if err == nil || !strings.Contains(err.Error(), "AttributesToGet") {
		t.Errorf("a legacy parameter: got %v", err)
	}
	_, err = client.UpdateItem(t.Context(), &sdk.UpdateItemInput{TableName: &name, Key: key("a", "b")})
	if err == nil || !strings.Contains(err.Error(), "dynamodb:UpdateItem") {
		t.Errorf("an update: got %v", err)
	}
	_, err = client.ExecuteStatement(t.Context(), &sdk.ExecuteStatementInput{
		Statement: aws.String("SELECT * FROM x"),
	})
	if err == nil || !strings.Contains(err.Error(), "dynamodb:ExecuteStatement") {
		t.Errorf("PartiQL: got %v", err)
	}
	_, err = client.Scan(t.Context(), &sdk.ScanInput{
		TableName: &name, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	if err == nil || !strings.Contains(err.Error(), "ReturnConsumedCapacity") {
		t.Errorf("capacity figures: got %v", err)
	}
}

func TestResourceLife(t *testing.T) {
	s, client, name := start(t)
	if !strings.HasPrefix(name, "oralake-sales-Runs-") {
		t.Errorf("name: got %s", name)
	}
	if _, err := client.PutItem(t.Context(), &sdk.PutItemInput{
		TableName: &name, Item: key("a", "b"),
	}); err != nil {
		t.Fatal(err)
	}
	kind := s.Resources()["AWS::DynamoDB::Table"]
	r := resource.Request{LogicalID: "Runs", PhysicalID: name, Properties: json.RawMessage(fmt.Sprintf(properties, true))}
	if _, err := kind.Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := kind.Delete(t.Context(), r); err == nil || !strings.Contains(err.Error(), "deletion protection") {
		t.Errorf("delete a protected table: got %v", err)
	}
	r.Properties = json.RawMessage(fmt.Sprintf(properties, false))
	if _, err := kind.Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	r.Properties = json.RawMessage(strings.ReplaceAll(string(r.Properties), "expiresAt", "until"))
	if _, err := kind.Update(t.Context(), r); err == nil || !strings.Contains(err.Error(), "current AttributeName is expiresAt") {
		t.Errorf("change the attribute of an active time to live: got %v", err)
	}
	r.Properties = json.RawMessage(strings.ReplaceAll(string(r.Properties), `"AttributeName": "until", "Enabled": true`, `"Enabled": true`))
	if _, err := kind.Update(t.Context(), r); err == nil || !strings.Contains(err.Error(), "needs an AttributeName") {
		t.Errorf("time to live without an attribute: got %v", err)
	}
	out, err := client.GetItem(t.Context(), &sdk.GetItemInput{TableName: &name, Key: key("a", "b")})
	if err != nil || out.Item == nil {
		t.Errorf("the update lost the items (%v)", err)
	}
	for range 2 {
		if err := kind.Delete(t.Context(), r); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	if _, err := client.DescribeTable(t.Context(), &sdk.DescribeTableInput{
		TableName: &name,
	}); code(err) != "ResourceNotFoundException" {
		t.Errorf("describe a deleted table: got %v", err)
	}
}

func TestTablesThatAreRefused(t *testing.T) {
	s, _, name := start(t)
	const key = `"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], `
	const defined = `"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}], `
	const perRequest = `"BillingMode": "PAY_PER_REQUEST"`
	for properties, says := range map[string]string{
		`{"TableName": "` + name + `", ` + key + defined + perRequest + `}`:                                                "Table already exists",
		`{"TableName": "ab", ` + key + defined + perRequest + `}`:                                                          "table name",
		`{` + key + defined + `"BillingMode": "PROVISIONED"}`:                                                              "must both be specified",
		`{` + key + perRequest + `}`:                                                                                       "not defined in AttributeDefinitions: pk",
		`{` + defined + perRequest + `}`:                                                                                   "Invalid KeySchema",
		`{` + key + strings.Replace(defined, "[", `[{"AttributeName": "x", "AttributeType": "N"}, `, 1) + perRequest + `}`: "x is not part of a key",
		`{` + key + strings.Replace(defined, `"S"`, `"SS"`, 1) + perRequest + `}`:                                          "want S, N or B for a key",
		`{` + key + defined + perRequest + `, "GlobalSecondaryIndexes": []}`:                                               "GlobalSecondaryIndexes",
	} {
		_, err := s.Resources()["AWS::DynamoDB::Table"].Create(t.Context(), resource.Request{
			StackName: "s", LogicalID: "T", Properties: json.RawMessage(properties),
		})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want an error that says %s", properties, err, says)
		}
	}
}
