package glue

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// DatabaseInput is the definition of a database.
type DatabaseInput struct {
	Name        string
	Description string            `json:",omitempty"`
	LocationURI string            `json:"LocationUri,omitempty"`
	Parameters  map[string]string `json:",omitempty"`
	// CreateTableDefaultPermissions are kept and shown. Lake Formation, which uses them, is not emulated.
	CreateTableDefaultPermissions []principalPermissions `json:",omitempty"`
}

type principalPermissions struct {
	Permissions []string
	Principal   struct{ DataLakePrincipalIdentifier string }
}

// shownDatabase is a database as GetDatabase shows it.
type shownDatabase struct {
	DatabaseInput
	CatalogID  string `json:"CatalogId"`
	CreateTime *gateway.Time
}

func (s *Service) show(d *database) shownDatabase {
	return shownDatabase{DatabaseInput: d.in, CatalogID: s.acct.ID, CreateTime: gateway.At(d.created)}
}

type createDatabaseInput struct {
	inCatalog
	DatabaseInput DatabaseInput
	Tags          map[string]string // no operation shows them
}

func (s *Service) createDatabase(_ context.Context, in createDatabaseInput) (gateway.Empty, error) {
	if err := s.check(in.inCatalog); err != nil {
		return gateway.Empty{}, err
	}
	return gateway.Empty{}, s.addDatabase(in.DatabaseInput)
}

func (s *Service) addDatabase(in DatabaseInput) error {
	if err := checkName("databaseInput.name", in.Name); err != nil {
		return err
	}
	in.Name = fold(in.Name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.databases[in.Name] != nil {
		return gateway.Errorf("AlreadyExistsException", "Database already exists.")
	}
	s.databases[in.Name] = &database{in: in, created: time.Now(), tables: map[string]*table{}}
	return nil
}

type databaseInput struct {
	inCatalog
	Name string
}

type getDatabaseOutput struct{ Database shownDatabase }

func (s *Service) getDatabase(_ context.Context, in databaseInput) (getDatabaseOutput, error) {
	if err := s.check(in.inCatalog); err != nil {
		return getDatabaseOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.database(in.Name)
	if err != nil {
		return getDatabaseOutput{}, err
	}
	return getDatabaseOutput{s.show(d)}, nil
}

type getDatabasesInput struct {
	inCatalog
	page
}

type getDatabasesOutput struct {
	DatabaseList []shownDatabase
	NextToken    string `json:",omitempty"`
}

func (s *Service) getDatabases(_ context.Context, in getDatabasesInput) (getDatabasesOutput, error) {
	if err := s.check(in.inCatalog); err != nil {
		return getDatabasesOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	names, next, err := in.page.of(slices.Sorted(maps.Keys(s.databases)))
	if err != nil {
		return getDatabasesOutput{}, err
	}
	out := getDatabasesOutput{DatabaseList: []shownDatabase{}, NextToken: next}
	for _, name := range names {
		out.DatabaseList = append(out.DatabaseList, s.show(s.databases[name]))
	}
	return out, nil
}

type updateDatabaseInput struct {
	databaseInput
	DatabaseInput DatabaseInput
}

func (s *Service) updateDatabase(_ context.Context, in updateDatabaseInput) (gateway.Empty, error) {
	if err := s.check(in.inCatalog); err != nil {
		return gateway.Empty{}, err
	}
	return gateway.Empty{}, s.changeDatabase(in.Name, in.DatabaseInput)
}

// changeDatabase replaces the definition of a database. Its name cannot change.
func (s *Service) changeDatabase(name string, in DatabaseInput) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.database(name)
	if err != nil {
		return err
	}
	switch {
	case in.Name == "":
		return invalid("Database name cannot be equal to null or empty")
	case fold(in.Name) != d.in.Name:
		return invalid("Database cannot be renamed")
	}
	in.Name = d.in.Name
	d.in = in
	return nil
}

// deleteDatabase deletes a database with all its tables. Glue deletes the tables a while later, "asynchronously in a timely
// manner"; nobody can see them meanwhile, because every operation on a table names its database.
func (s *Service) deleteDatabase(_ context.Context, in databaseInput) (gateway.Empty, error) {
	if err := s.check(in.inCatalog); err != nil {
		return gateway.Empty{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.database(in.Name)
	if err != nil {
		return gateway.Empty{}, err
	}
	delete(s.databases, d.in.Name)
	return gateway.Empty{}, nil
}
