package dynamodb

import "github.com/oralake/oralake/test/aws/gateway"

// description is a table in the form of DescribeTable.
type description struct {
	TableName                 string
	TableArn                  string
	TableID                   string `json:"TableId"`
	TableStatus               string
	CreationDateTime          *gateway.Time
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keyElement
	ItemCount                 int
	TableSizeBytes            int64
	ProvisionedThroughput     throughput
	BillingModeSummary        *billing `json:",omitempty"`
	DeletionProtectionEnabled bool
}

type billing struct{ BillingMode string }

func (t *table) describe() *description {
	d := &description{
		TableName: t.TableName, TableArn: t.arn, TableID: t.id, TableStatus: "ACTIVE",
		CreationDateTime: gateway.At(t.created), AttributeDefinitions: t.AttributeDefinitions, KeySchema: t.KeySchema,
		ItemCount: len(t.rows), TableSizeBytes: t.bytes, DeletionProtectionEnabled: t.DeletionProtectionEnabled,
	}
	if t.ProvisionedThroughput != nil {
		d.ProvisionedThroughput = *t.ProvisionedThroughput
	}
	if t.BillingMode == "PAY_PER_REQUEST" {
		d.BillingModeSummary = &billing{t.BillingMode}
	}
	return d
}
