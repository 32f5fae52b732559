package dynamodb

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Needs says as what the calls of roles are authorised. A transaction needs the action of each of its items: "Using IAM with
// transactions" of the developer guide.
func (s *Service) Needs() map[string]gateway.Needs {
	one := func(action string) gateway.Needs {
		return gateway.NeedsOf(func(in struct{ TableName string }) []gateway.Access {
			return []gateway.Access{s.access(action, in.TableName)}
		})
	}
	batch := func(action string) gateway.Needs {
		return gateway.NeedsOf(func(in struct{ RequestItems map[string]json.RawMessage }) (all []gateway.Access) {
			for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
				all = append(all, s.access(action, name))
			}
			return all
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
		"TransactWriteItems": gateway.NeedsOf(s.transactionNeeds),
	}
}

func (s *Service) transactionNeeds(in struct {
	TransactItems []map[string]struct{ TableName string }
},
) (all []gateway.Access) {
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
