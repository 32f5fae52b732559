package dynamodb

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Keys find the KMS keys of encrypted tables. *kms.Service is one.
type Keys interface {
	Access(action, keyID, via string, context map[string]string) (gateway.Access, bool)
}

// Needs says as what the calls of roles are authorised. A transaction needs the action of each of its items: "Using IAM with
// transactions" of the developer guide. DynamoDB uses the key of a table in the name of the caller: "How DynamoDB uses AWS KMS".
func (s *Service) Needs(keys Keys) map[string]gateway.Needs {
	withKeys := func(needs []gateway.Access) []gateway.Access {
		for _, name := range tablesOf(needs) {
			if id := s.keyOf(name); id != "" {
				if a, ok := keys.Access("Decrypt", id, "dynamodb", map[string]string{"aws:dynamodb:tableName": name}); ok {
					needs = append(needs, a)
				}
			}
		}
		return needs
	}
	one := func(action string) gateway.Needs {
		return gateway.NeedsOf(func(in struct{ TableName string }) []gateway.Access {
			return withKeys([]gateway.Access{s.access(action, in.TableName)})
		})
	}
	batch := func(action string) gateway.Needs {
		return gateway.NeedsOf(func(in struct{ RequestItems map[string]json.RawMessage }) (all []gateway.Access) {
			for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
				all = append(all, s.access(action, name))
			}
			return withKeys(all)
		})
	}
	return map[string]gateway.Needs{
		"BatchGetItem":       batch("dynamodb:BatchGetItem"),
		"DeleteItem":         one("dynamodb:DeleteItem"),
		"DescribeTable":      one("dynamodb:DescribeTable"),
		"GetItem":            one("dynamodb:GetItem"),
		"PutItem":            one("dynamodb:PutItem"),
		"Query":              one("dynamodb:Query"),
		"Scan":               one("dynamodb:Scan"),
		"TransactWriteItems": gateway.NeedsOf(func(in transaction) []gateway.Access { return withKeys(s.transactionNeeds(in)) }),
	}
}

// transaction are the members of TransactWriteItems that matter.
type transaction struct {
	TransactItems []map[string]struct{ TableName string }
}

func (s *Service) transactionNeeds(in transaction) (all []gateway.Access) {
	actions := map[string]string{
		"ConditionCheck": "dynamodb:ConditionCheckItem", "Delete": "dynamodb:DeleteItem", "Put": "dynamodb:PutItem",
		"Update": "dynamodb:UpdateItem",
	}
	for _, item := range in.TransactItems {
		for _, kind := range slices.Sorted(maps.Keys(item)) {
			a := s.access(actions[kind], item[kind].TableName)
			if a.Action != "" && !slices.ContainsFunc(all, func(b gateway.Access) bool { return a.Action == b.Action && a.Resource == b.Resource }) {
				all = append(all, a)
			}
		}
	}
	return all
}

// access is an action on a table, by its name or ARN.
func (s *Service) access(action, table string) gateway.Access {
	if !strings.HasPrefix(table, "arn:") {
		table = s.acct.ARN("dynamodb", "table/"+table)
	}
	return gateway.Access{Action: action, Resource: table}
}

// tablesOf returns the names of the tables of accesses.
func tablesOf(needs []gateway.Access) (names []string) {
	for _, a := range needs {
		if _, name, ok := strings.Cut(a.Resource, ":table/"); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// keyOf returns the KMS key of a table; empty if the account owns none for it.
func (s *Service) keyOf(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.table(name)
	if err != nil {
		return ""
	}
	return t.SSESpecification.KMSMasterKeyID
}
