package glue

import (
	"context"
	"slices"

	"github.com/oralake/oralake/test/aws/gateway"
)

type versionInput struct {
	inCatalog
	DatabaseName, TableName string
	VersionID               string `json:"VersionId"`
}

type tableVersion struct {
	Table     shownTable
	VersionID string `json:"VersionId"`
}

type getTableVersionOutput struct{ TableVersion tableVersion }

// all returns the versions of a table, the current one first.
func (t *table) all() []version {
	all := append(slices.Clone(t.archived), t.version)
	slices.Reverse(all)
	return all
}

// getTableVersion returns a version, the current one if the request names none.
func (s *Service) getTableVersion(_ context.Context, in versionInput) (getTableVersionOutput, error) {
	if err := s.check(in.inCatalog); err != nil {
		return getTableVersionOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, t, err := s.table(in.DatabaseName, in.TableName)
	if err != nil {
		return getTableVersionOutput{}, err
	}
	for _, v := range t.all() {
		if in.VersionID == "" || v.id() == in.VersionID {
			return getTableVersionOutput{tableVersion{s.showTable(d, t, v), v.id()}}, nil
		}
	}
	return getTableVersionOutput{}, versionNotFound(in.VersionID)
}

func versionNotFound(id string) *gateway.Error { return notFound("Version %s not found.", id) }

type getTableVersionsInput struct {
	inCatalog
	DatabaseName, TableName string
}

type getTableVersionsOutput struct{ TableVersions []tableVersion }

func (s *Service) getTableVersions(_ context.Context, in getTableVersionsInput) (getTableVersionsOutput, error) {
	if err := s.check(in.inCatalog); err != nil {
		return getTableVersionsOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, t, err := s.table(in.DatabaseName, in.TableName)
	if err != nil {
		return getTableVersionsOutput{}, err
	}
	all := t.all()
	if len(all) > maxPage {
		return getTableVersionsOutput{}, gateway.NotImplemented("pages of more than 100 versions of a table: update with SkipArchive")
	}
	var out getTableVersionsOutput
	for _, v := range all {
		out.TableVersions = append(out.TableVersions, tableVersion{s.showTable(d, t, v), v.id()})
	}
	return out, nil
}

func (s *Service) deleteTableVersion(_ context.Context, in versionInput) (gateway.Empty, error) {
	if err := s.check(in.inCatalog); err != nil {
		return gateway.Empty{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, t, err := s.table(in.DatabaseName, in.TableName)
	if err != nil {
		return gateway.Empty{}, err
	}
	return gateway.Empty{}, t.deleteVersion(in.VersionID)
}

// deleteVersion deletes an archived version.
func (t *table) deleteVersion(id string) error {
	i := slices.IndexFunc(t.archived, func(v version) bool { return v.id() == id })
	switch {
	case id == t.id():
		return invalid("Version %s is the current version of the table, which cannot be deleted", id)
	case i < 0:
		return versionNotFound(id)
	}
	t.archived = slices.Delete(t.archived, i, i+1)
	return nil
}
