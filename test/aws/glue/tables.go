package glue

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

type createTableInput struct {
	inCatalog
	DatabaseName string
	TableInput   TableInput
}

func (s *Service) createTable(ctx context.Context, in createTableInput) (gateway.Empty, error) {
	if err := s.check(in.inCatalog); err != nil {
		return gateway.Empty{}, err
	}
	if err := in.TableInput.check(); err != nil {
		return gateway.Empty{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.database(in.DatabaseName)
	if err != nil {
		return gateway.Empty{}, err
	}
	folded := in.TableInput.fold()
	if d.tables[folded.Name] != nil {
		return gateway.Empty{}, gateway.Errorf("AlreadyExistsException", "Table already exists.")
	}
	now := time.Now()
	d.tables[folded.Name] = &table{
		version: version{in: folded, updated: now}, created: now, by: gateway.PrincipalFrom(ctx).ARN,
	}
	return gateway.Empty{}, nil
}

type tableInput struct {
	inCatalog
	DatabaseName, Name string
}

type getTableOutput struct{ Table shownTable }

func (s *Service) getTable(_ context.Context, in tableInput) (getTableOutput, error) {
	if err := s.check(in.inCatalog); err != nil {
		return getTableOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.database(in.DatabaseName)
	if err != nil {
		return getTableOutput{}, err
	}
	t, ok := d.tables[fold(in.Name)]
	if !ok {
		return getTableOutput{}, notFound("Entity Not Found") // the message of GetTable names nothing
	}
	return getTableOutput{s.showTable(d, t, t.version)}, nil
}

type getTablesInput struct {
	inCatalog
	page
	DatabaseName string
	Expression   string
}

type getTablesOutput struct {
	TableList []shownTable
	NextToken string `json:",omitempty"`
}

func (s *Service) getTables(_ context.Context, in getTablesInput) (getTablesOutput, error) {
	if err := s.check(in.inCatalog); err != nil {
		return getTablesOutput{}, err
	}
	pattern, err := regexp.Compile("^(?:" + in.Expression + ")$")
	if err != nil {
		return getTablesOutput{}, invalid("Expression %s is not valid: %v", in.Expression, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.database(in.DatabaseName)
	if err != nil {
		return getTablesOutput{}, err
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(d.tables)), func(name string) bool {
		return in.Expression != "" && !pattern.MatchString(name)
	})
	names, next, err := in.page.of(names)
	if err != nil {
		return getTablesOutput{}, err
	}
	out := getTablesOutput{TableList: []shownTable{}, NextToken: next}
	for _, name := range names {
		t := d.tables[name]
		out.TableList = append(out.TableList, s.showTable(d, t, t.version))
	}
	return out, nil
}

type updateTableInput struct {
	createTableInput
	SkipArchive bool
	VersionID   *string `json:"VersionId"`
}

// updateTable replaces the definition of a table. What the new one leaves out is gone.
func (s *Service) updateTable(_ context.Context, in updateTableInput) (gateway.Empty, error) {
	if err := s.check(in.inCatalog); err != nil {
		return gateway.Empty{}, err
	}
	if err := in.TableInput.check(); err != nil {
		return gateway.Empty{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, t, err := s.table(in.DatabaseName, in.TableInput.Name)
	if err != nil {
		return gateway.Empty{}, err
	}
	if in.VersionID != nil && *in.VersionID != t.id() {
		return gateway.Empty{}, gateway.Errorf("ConcurrentModificationException", "Update table failed due to concurrent modifications.")
	}
	if !in.SkipArchive {
		t.archived = append(t.archived, t.version)
	}
	t.version = version{in: in.TableInput.fold(), number: t.number + 1, updated: time.Now()}
	return gateway.Empty{}, nil
}

// deleteTable deletes a table with its versions.
func (s *Service) deleteTable(_ context.Context, in tableInput) (gateway.Empty, error) {
	if err := s.check(in.inCatalog); err != nil {
		return gateway.Empty{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, t, err := s.table(in.DatabaseName, in.Name)
	if err != nil {
		return gateway.Empty{}, err
	}
	delete(d.tables, t.in.Name)
	return gateway.Empty{}, nil
}

type batchDeleteTableInput struct {
	inCatalog
	DatabaseName   string
	TablesToDelete []string
}

type batchDeleteTableOutput struct {
	Errors []tableError `json:",omitempty"`
}

type tableError struct {
	TableName   string
	ErrorDetail errorDetail
}

type errorDetail struct{ ErrorCode, ErrorMessage string }

// batchDeleteTable deletes the tables that exist, and reports those that do not.
func (s *Service) batchDeleteTable(_ context.Context, in batchDeleteTableInput) (batchDeleteTableOutput, error) {
	if err := s.check(in.inCatalog); err != nil {
		return batchDeleteTableOutput{}, err
	}
	if len(in.TablesToDelete) > maxPage {
		return batchDeleteTableOutput{}, invalid("TablesToDelete has %d names, want at most %d", len(in.TablesToDelete), maxPage)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.database(in.DatabaseName)
	if err != nil {
		return batchDeleteTableOutput{}, err
	}
	var out batchDeleteTableOutput
	for _, name := range in.TablesToDelete {
		if d.tables[fold(name)] == nil {
			out.Errors = append(out.Errors, tableError{name, errorDetail{"EntityNotFoundException", "Table " + name + " not found"}})
			continue
		}
		delete(d.tables, fold(name))
	}
	return out, nil
}
