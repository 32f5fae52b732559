package dynamodb

import "github.com/oralake/oralake/test/aws/gateway"

// description is a table as DescribeTable answers it.
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
	BillingModeSummary        *billing           `json:",omitempty"`
	GlobalSecondaryIndexes    []indexDescription `json:",omitempty"`
	DeletionProtectionEnabled bool
}

type billing struct{ BillingMode string }

type indexDescription struct {
	IndexName             string
	IndexArn              string
	IndexStatus           string
	KeySchema             []keyElement
	Projection            projection
	ItemCount             int
	ProvisionedThroughput throughput
}

func (t *table) describe(status string) *description {
	d := &description{
		TableName: t.TableName, TableArn: t.arn, TableID: t.id, TableStatus: status,
		CreationDateTime: gateway.At(t.created), AttributeDefinitions: t.AttributeDefinitions, KeySchema: t.KeySchema,
		ItemCount: len(t.rows), TableSizeBytes: t.bytes, DeletionProtectionEnabled: t.DeletionProtectionEnabled,
	}
	if t.ProvisionedThroughput != nil {
		d.ProvisionedThroughput = *t.ProvisionedThroughput
	}
	if t.BillingMode == "PAY_PER_REQUEST" {
		d.BillingModeSummary = &billing{t.BillingMode}
	}
	for i, x := range t.GlobalSecondaryIndexes {
		one := indexDescription{
			IndexName: x.IndexName, IndexArn: t.arn + "/index/" + x.IndexName, IndexStatus: status,
			KeySchema: x.KeySchema, Projection: x.Projection, ItemCount: len(t.view(&t.indexes[i])),
		}
		if x.ProvisionedThroughput != nil {
			one.ProvisionedThroughput = *x.ProvisionedThroughput
		}
		d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, one)
	}
	return d
}

type timeToLive struct {
	AttributeName string
	Enabled       bool
}

type updateTimeToLiveInput struct {
	TableName               string
	TimeToLiveSpecification timeToLive
}

type updateTimeToLiveOutput struct{ TimeToLiveSpecification timeToLive }

func (s *Service) updateTimeToLive(in updateTimeToLiveInput) (updateTimeToLiveOutput, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return updateTimeToLiveOutput{}, err
	}
	if err := t.checkTimeToLive(in.TimeToLiveSpecification); err != nil {
		return updateTimeToLiveOutput{}, err
	}
	switch wanted := in.TimeToLiveSpecification; {
	case wanted.Enabled == t.timeToLive.Enabled:
		return updateTimeToLiveOutput{}, invalid("TimeToLive is already %s", onOff(wanted.Enabled))
	case wanted.AttributeName == "":
		return updateTimeToLiveOutput{}, invalid("TimeToLiveSpecification needs an AttributeName")
	}
	t.timeToLive = in.TimeToLiveSpecification
	return updateTimeToLiveOutput{t.timeToLive}, nil
}

func onOff(on bool) string {
	if on {
		return "enabled"
	}
	return "disabled"
}

type describeTimeToLiveOutput struct {
	TimeToLiveDescription struct {
		TimeToLiveStatus string
		AttributeName    string `json:",omitempty"`
	}
}

func (s *Service) describeTimeToLive(in tableInput) (describeTimeToLiveOutput, error) {
	var out describeTimeToLiveOutput
	t, err := s.table(in.TableName)
	if err != nil {
		return out, err
	}
	out.TimeToLiveDescription.TimeToLiveStatus = "DISABLED"
	if t.timeToLive.Enabled {
		out.TimeToLiveDescription.TimeToLiveStatus = "ENABLED"
		out.TimeToLiveDescription.AttributeName = t.timeToLive.AttributeName
	}
	return out, nil
}

type updateContinuousBackupsInput struct {
	TableName                        string
	PointInTimeRecoverySpecification struct{ PointInTimeRecoveryEnabled bool }
}

type continuousBackupsOutput struct {
	ContinuousBackupsDescription struct {
		ContinuousBackupsStatus        string
		PointInTimeRecoveryDescription struct{ PointInTimeRecoveryStatus string }
	}
}

func (s *Service) updateContinuousBackups(in updateContinuousBackupsInput) (continuousBackupsOutput, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return continuousBackupsOutput{}, err
	}
	t.pointInTime = in.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled
	return s.describeContinuousBackups(tableInput{in.TableName})
}

func (s *Service) describeContinuousBackups(in tableInput) (continuousBackupsOutput, error) {
	var out continuousBackupsOutput
	t, err := s.table(in.TableName)
	if err != nil {
		return out, err
	}
	out.ContinuousBackupsDescription.ContinuousBackupsStatus = "ENABLED"
	recovery := &out.ContinuousBackupsDescription.PointInTimeRecoveryDescription
	recovery.PointInTimeRecoveryStatus = "DISABLED"
	if t.pointInTime {
		recovery.PointInTimeRecoveryStatus = "ENABLED"
	}
	return out, nil
}
