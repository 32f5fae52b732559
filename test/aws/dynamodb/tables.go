package dynamodb

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// definition is what a table is made with.
type definition struct {
	TableName                 string
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keyElement
	GlobalSecondaryIndexes    []indexDefinition
	BillingMode               string
	ProvisionedThroughput     *throughput
	DeletionProtectionEnabled bool
	TableClass                string
}

type attributeDefinition struct{ AttributeName, AttributeType string }

type keyElement struct{ AttributeName, KeyType string }

type indexDefinition struct {
	IndexName             string
	KeySchema             []keyElement
	Projection            projection
	ProvisionedThroughput *throughput `json:",omitempty"`
}

type projection struct {
	ProjectionType   string
	NonKeyAttributes []string `json:",omitempty"`
}

type throughput struct{ ReadCapacityUnits, WriteCapacityUnits int64 }

var validName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// schema reads a key schema and finds the types of its attributes.
func (d definition) schema(elements []keyElement) (keySchema, error) {
	var k keySchema
	if len(elements) < 1 || len(elements) > 2 || elements[0].KeyType != "HASH" ||
		(len(elements) == 2 && elements[1].KeyType != "RANGE") {
		return k, invalid("Invalid KeySchema: one HASH element and then at most one RANGE element are wanted")
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

// check reads the keys of a table and its indexes, and refuses what DynamoDB refuses.
func (d definition) check() (keySchema, []index, error) {
	if !validName.MatchString(d.TableName) {
		return keySchema{}, nil, invalid("table name %q: want 3 to 255 letters, digits, _ . or -", d.TableName)
	}
	for _, a := range d.AttributeDefinitions {
		if k := kind(a.AttributeType); k != stringKind && k != numberKind && k != binaryKind {
			return keySchema{}, nil, invalid("attribute %s has type %q: a key is S, N or B", a.AttributeName, a.AttributeType)
		}
	}
	switch {
	case d.BillingMode == "PAY_PER_REQUEST" && d.ProvisionedThroughput != nil:
		return keySchema{}, nil, invalid("One or more parameter values were invalid: Neither ReadCapacityUnits nor " +
			"WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case d.BillingMode != "PAY_PER_REQUEST" && d.ProvisionedThroughput == nil:
		return keySchema{}, nil, invalid("One or more parameter values were invalid: ReadCapacityUnits and " +
			"WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	keys, err := d.schema(d.KeySchema)
	if err != nil {
		return keySchema{}, nil, err
	}
	used := map[string]bool{keys.hash.name: true, keys.sort.name: true}
	var indexes []index
	for _, x := range d.GlobalSecondaryIndexes {
		k, err := d.schema(x.KeySchema)
		if err != nil {
			return keySchema{}, nil, err
		}
		if p := x.Projection.ProjectionType; p != "ALL" && p != "KEYS_ONLY" && p != "INCLUDE" {
			return keySchema{}, nil, invalid("index %s has projection %q: want ALL, KEYS_ONLY or INCLUDE",
				x.IndexName, p)
		}
		used[k.hash.name], used[k.sort.name] = true, true
		indexes = append(indexes, index{name: x.IndexName, keys: k, projection: x.Projection})
	}
	for _, a := range d.AttributeDefinitions {
		if !used[a.AttributeName] {
			return keySchema{}, nil, invalid("One or more parameter values were invalid: Number of attributes in KeySchema "+
				"does not exactly match number of attributes defined in AttributeDefinitions: %s is in no key", a.AttributeName)
		}
	}
	return keys, indexes, nil
}

// make adds a table.
func (s *Service) make(d definition) (*table, error) {
	keys, indexes, err := d.check()
	if err != nil {
		return nil, err
	}
	if _, taken := s.tables[d.TableName]; taken {
		return nil, gateway.Errorf("ResourceInUseException", "Table already exists: %s", d.TableName)
	}
	t := &table{
		definition: d, keys: keys, indexes: indexes, created: time.Now(), id: uuid(),
		arn: s.acct.ARN("dynamodb", "table/"+d.TableName), tags: map[string]string{},
	}
	s.tables[d.TableName] = t
	return t, nil
}

// drop removes a table that is not protected.
func (s *Service) drop(t *table) error {
	if t.DeletionProtectionEnabled {
		return invalid("Resource cannot be deleted as it is currently protected against deletion. " +
			"Disable deletion protection first.")
	}
	delete(s.tables, t.TableName)
	return nil
}

func uuid() string {
	b := make([]byte, 16)
	// It cannot fail, as its documentation says.
	_, _ = rand.Read(b)
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

type createTableInput struct {
	definition
	Tags []tag
}

type tag struct{ Key, Value string }

type tableOutput struct {
	TableDescription *description `json:",omitempty"`
	Table            *description `json:",omitempty"`
}

func (s *Service) createTable(in createTableInput) (tableOutput, error) {
	t, err := s.make(in.definition)
	if err != nil {
		return tableOutput{}, err
	}
	for _, g := range in.Tags {
		t.tags[g.Key] = g.Value
	}
	return tableOutput{TableDescription: t.describe("ACTIVE")}, nil
}

type tableInput struct{ TableName string }

func (s *Service) describeTable(in tableInput) (tableOutput, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return tableOutput{}, err
	}
	return tableOutput{Table: t.describe("ACTIVE")}, nil
}

func (s *Service) deleteTable(in tableInput) (tableOutput, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return tableOutput{}, err
	}
	return tableOutput{TableDescription: t.describe("DELETING")}, s.drop(t)
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
