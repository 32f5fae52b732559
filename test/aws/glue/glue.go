// Package glue emulates the Data Catalog of AWS Glue: databases, tables and the versions of tables. Names of databases, tables
// and columns are folded to lower case when they are stored, and names are looked up in any case. UpdateTable replaces the
// whole definition of a table; its VersionId makes it a compare-and-set.
//
// The catalog has no partitions, partition indexes, resource links, federated catalogs, transactions or Lake Formation
// permissions. They are refused by name, like every other operation of Glue.
//
// Sources: the API reference of Glue (aws-glue-api-catalog-databases, aws-glue-api-catalog-tables), and recordings of the AWS
// CLI in public issues: floci-io/floci #1202 (names), #1203 and #1318 (deletions), #1205 (VersionId), #1229 (renamed databases) and #1230 (versions), and
// apache/iceberg #16853 (columns that differ only by case).
package glue

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Service holds the Data Catalog of one account. It is safe for concurrent use.
type Service struct {
	acct account.Account

	mu        sync.Mutex
	databases map[string]*database // by folded name
}

type database struct {
	in      DatabaseInput
	created time.Time
	tables  map[string]*table // by folded name
}

// New makes a catalog without databases.
func New(acct account.Account) *Service {
	return &Service{acct: acct, databases: map[string]*database{}}
}

// Handler answers requests signed for "glue".
func (s *Service) Handler() http.Handler {
	return gateway.JSON("glue", map[string]gateway.Operation{
		"CreateDatabase": gateway.Op(s.createDatabase),
		"GetDatabase":    gateway.Op(s.getDatabase),
		"GetDatabases":   gateway.Op(s.getDatabases),
		"UpdateDatabase": gateway.Op(s.updateDatabase),
		"DeleteDatabase": gateway.Op(s.deleteDatabase),

		"CreateTable":      gateway.Op(s.createTable),
		"GetTable":         gateway.Op(s.getTable),
		"GetTables":        gateway.Op(s.getTables),
		"UpdateTable":      gateway.Op(s.updateTable),
		"DeleteTable":      gateway.Op(s.deleteTable),
		"BatchDeleteTable": gateway.Op(s.batchDeleteTable),

		"GetTableVersion":    gateway.Op(s.getTableVersion),
		"GetTableVersions":   gateway.Op(s.getTableVersions),
		"DeleteTableVersion": gateway.Op(s.deleteTableVersion),
	})
}

// inCatalog is the part of every request that names the catalog. Without a name it is that of the account.
type inCatalog struct {
	CatalogID string `json:"CatalogId"`
}

// check refuses the catalog of another account.
func (s *Service) check(in inCatalog) error {
	if in.CatalogID != "" && in.CatalogID != s.acct.ID {
		return gateway.Errorf("EntityNotFoundException",
			"Catalog %s not found: the embedded AWS has the catalog of the account %s only", in.CatalogID, s.acct.ID)
	}
	return nil
}

// database must be called with mu held.
func (s *Service) database(name string) (*database, error) {
	if name == "" {
		return nil, invalid("Value at 'databaseName' failed to satisfy constraint: Member must not be null")
	}
	d, ok := s.databases[fold(name)]
	if !ok {
		return nil, notFound("Database %s not found.", name)
	}
	return d, nil
}

// table must be called with mu held.
func (s *Service) table(databaseName, name string) (*database, *table, error) {
	d, err := s.database(databaseName)
	if err != nil {
		return nil, nil, err
	}
	t, ok := d.tables[fold(name)]
	if !ok {
		return nil, nil, notFound("Table %s not found.", name)
	}
	return d, t, nil
}

func fold(name string) string { return strings.ToLower(name) }

func notFound(format string, args ...any) *gateway.Error {
	return gateway.Errorf("EntityNotFoundException", format, args...)
}

func invalid(format string, args ...any) *gateway.Error {
	return gateway.Errorf("InvalidInputException", format, args...)
}

// checkName checks the length of a name. The pattern of names allows every printable character and spaces.
func checkName(member, name string) error {
	if name == "" || len(name) > 255 {
		return invalid("Value at '%s' failed to satisfy constraint: Member must have length from 1 to 255, and has %d", member, len(name))
	}
	return nil
}
