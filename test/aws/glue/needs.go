package glue

import (
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Needs says as what the calls of roles are authorised: on the catalog, on the database and on the table, as the resource types of the
// Service Authorization Reference. A call about all tables of a database is about table/DATABASE/*, and all databases are database/*.
func (s *Service) Needs() map[string]gateway.Needs {
	all := map[string]gateway.Needs{
		"CreateDatabase": gateway.NeedsOf(func(in struct{ DatabaseInput struct{ Name string } }) []gateway.Access {
			return s.access("glue:CreateDatabase", "database/"+in.DatabaseInput.Name)
		}),
		"GetDatabases": gateway.NeedsOf(func(struct{}) []gateway.Access { return s.access("glue:GetDatabases", "database/*") }),
		"DeleteDatabase": gateway.NeedsOf(func(in struct{ Name string }) []gateway.Access {
			return s.access("glue:DeleteDatabase", "database/"+in.Name, "table/"+in.Name+"/*", "userDefinedFunction/"+in.Name+"/*")
		}),
		"BatchDeleteTable": gateway.NeedsOf(func(in struct {
			DatabaseName   string
			TablesToDelete []string
		},
		) []gateway.Access {
			parts := []string{"database/" + in.DatabaseName}
			for _, name := range in.TablesToDelete {
				parts = append(parts, "table/"+in.DatabaseName+"/"+name)
			}
			return s.access("glue:BatchDeleteTable", parts...)
		}),
		"GetTables": gateway.NeedsOf(func(in struct{ DatabaseName string }) []gateway.Access {
			return s.access("glue:GetTables", "database/"+in.DatabaseName, "table/"+in.DatabaseName+"/*")
		}),
	}
	for _, operation := range []string{"GetDatabase", "UpdateDatabase"} {
		all[operation] = gateway.NeedsOf(func(in struct{ Name string }) []gateway.Access {
			return s.access("glue:"+operation, "database/"+in.Name)
		})
	}
	for _, operation := range []string{
		"CreateTable", "GetTable", "UpdateTable", "DeleteTable", "GetTableVersion", "GetTableVersions", "DeleteTableVersion",
	} {
		all[operation] = gateway.NeedsOf(func(in struct {
			DatabaseName, Name, TableName string
			TableInput                    struct{ Name string }
		},
		) []gateway.Access {
			name := in.Name + in.TableName + in.TableInput.Name // an operation has one of them
			return s.access("glue:"+operation, "database/"+in.DatabaseName, "table/"+in.DatabaseName+"/"+name)
		})
	}
	return all
}

// access is an action on the catalog and on parts of it. Names have no case.
func (s *Service) access(action string, parts ...string) []gateway.Access {
	all := []gateway.Access{{Action: action, Resource: s.acct.ARN("glue", "catalog")}}
	for _, part := range parts {
		kind, name, _ := strings.Cut(part, "/")
		all = append(all, gateway.Access{Action: action, Resource: s.acct.ARN("glue", kind+"/"+fold(name))})
	}
	return all
}
