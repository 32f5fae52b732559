package dynamodb

import (
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/gateway"
)

// tableProperties are the properties of AWS::DynamoDB::Table. Time to live and backups have no effect.
type tableProperties struct {
	TableName                        string
	AttributeDefinitions             []attributeDefinition
	KeySchema                        []keyElement
	BillingMode                      string
	ProvisionedThroughput            *throughput
	DeletionProtectionEnabled        bool
	PointInTimeRecoverySpecification struct{ PointInTimeRecoveryEnabled bool }
	TimeToLiveSpecification          timeToLive
	SSESpecification                 encryption
	Tags                             []tag
}

// encryption is the key of a table. It is checked, and nothing is encrypted.
type encryption struct {
	SSEEnabled     bool
	SSEType        string
	KMSMasterKeyID string `json:"KMSMasterKeyId"`
}

type timeToLive struct {
	AttributeName string
	Enabled       bool
}

type tag struct{ Key, Value string }

type attributeDefinition struct{ AttributeName, AttributeType string }

type keyElement struct{ AttributeName, KeyType string }

type throughput struct{ ReadCapacityUnits, WriteCapacityUnits int64 }

var validName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// schema returns a key schema with the types of its attributes.
func (d tableProperties) schema(elements []keyElement) (keySchema, error) {
	var k keySchema
	if len(elements) < 1 || len(elements) > 2 || elements[0].KeyType != "HASH" ||
		(len(elements) == 2 && elements[1].KeyType != "RANGE") {
		return k, invalid("Invalid KeySchema: want one HASH element, then at most one RANGE element")
	}
	for i, e := range elements {
		at := slices.IndexFunc(d.AttributeDefinitions, func(a attributeDefinition) bool {
			return a.AttributeName == e.AttributeName
		})
		if at < 0 {
			return k, invalid("One or more parameter values were invalid: Some index key attributes are not defined in "+
				"AttributeDefinitions: %s", e.AttributeName)
		}
		a := keyAttribute{e.AttributeName, kind(d.AttributeDefinitions[at].AttributeType)}
		if i == 0 {
			k.hash = a
		} else {
			k.sort = a
		}
	}
	if k.hash.name == k.sort.name {
		return k, invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	}
	return k, nil
}

// check returns the key schema of a table. It refuses properties that DynamoDB refuses.
func (d tableProperties) check() (keySchema, error) {
	if !validName.MatchString(d.TableName) {
		return keySchema{}, invalid("table name %q: want 3 to 255 letters, digits, _ . or -", d.TableName)
	}
	for _, a := range d.AttributeDefinitions {
		if k := kind(a.AttributeType); k != stringKind && k != numberKind && k != binaryKind {
			return keySchema{}, invalid("attribute %s has type %q: want S, N or B for a key", a.AttributeName, a.AttributeType)
		}
	}
	if e := d.SSESpecification; e.SSEType != "" && e.SSEType != "KMS" || !e.SSEEnabled && e.SSEType+e.KMSMasterKeyID != "" {
		return keySchema{}, invalid("One or more parameter values were invalid: SSESpecification takes SSEType KMS and a key only " +
			"if SSEEnabled is true")
	}
	if d.TimeToLiveSpecification.Enabled && d.TimeToLiveSpecification.AttributeName == "" {
		return keySchema{}, invalid("TimeToLiveSpecification needs an AttributeName")
	}
	switch {
	case d.BillingMode == "PAY_PER_REQUEST" && d.ProvisionedThroughput != nil:
		return keySchema{}, invalid("One or more parameter values were invalid: Neither ReadCapacityUnits nor " +
			"WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case d.BillingMode != "PAY_PER_REQUEST" && d.ProvisionedThroughput == nil:
		return keySchema{}, invalid("One or more parameter values were invalid: ReadCapacityUnits and " +
			"WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	keys, err := d.schema(d.KeySchema)
	if err != nil {
		return keySchema{}, err
	}
	used := map[string]bool{keys.hash.name: true, keys.sort.name: true}
	for _, a := range d.AttributeDefinitions {
		if !used[a.AttributeName] {
			return keySchema{}, invalid("One or more parameter values were invalid: Number of attributes in KeySchema "+
				"does not exactly match number of attributes defined in AttributeDefinitions: %s is not part of a key", a.AttributeName)
		}
	}
	return keys, nil
}

// create adds a table.
func (s *Service) create(d tableProperties) (*table, error) {
	keys, err := d.check()
	if err != nil {
		return nil, err
	}
	if _, taken := s.tables[d.TableName]; taken {
		return nil, gateway.Errorf("ResourceInUseException", "Table already exists: %s", d.TableName)
	}
	t := &table{
		tableProperties: d, keys: keys, created: time.Now(), id: uuid.NewString(), arn: s.acct.ARN("dynamodb", "table/"+d.TableName),
	}
	s.tables[d.TableName] = t
	return t, nil
}

// drop deletes a table. It refuses a table with deletion protection.
func (s *Service) drop(t *table) error {
	if t.DeletionProtectionEnabled {
		return invalid("Resource cannot be deleted as it is currently protected against deletion. " +
			"Disable deletion protection first.")
	}
	delete(s.tables, t.TableName)
	return nil
}

type tableInput struct{ TableName string }

type tableOutput struct{ Table *description }

func (s *Service) describeTable(in tableInput) (tableOutput, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return tableOutput{}, err
	}
	return tableOutput{t.describe()}, nil
}

type listTablesInput struct {
	ExclusiveStartTableName string
	Limit                   int
}

type listTablesOutput struct {
	TableNames             []string
	LastEvaluatedTableName string `json:",omitempty"`
}

func (s *Service) listTables(in listTablesInput) (listTablesOutput, error) {
	if in.Limit == 0 {
		in.Limit = 100
	}
	out := listTablesOutput{TableNames: []string{}}
	for _, name := range slices.Sorted(maps.Keys(s.tables)) {
		if name <= in.ExclusiveStartTableName {
			continue
		}
		if len(out.TableNames) == in.Limit {
			out.LastEvaluatedTableName = out.TableNames[in.Limit-1]
			break
		}
		out.TableNames = append(out.TableNames, name)
	}
	return out, nil
}
