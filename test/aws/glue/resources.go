package glue

import (
	"context"
	"errors"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Resources returns the type AWS::Glue::Database.
func (s *Service) Resources() resource.Types {
	return resource.Types{"AWS::Glue::Database": {
		Create: s.createResource, Update: s.updateResource, Delete: s.deleteResource,
	}}
}

// databaseProperties are the properties of AWS::Glue::Database. The property DatabaseName is missing here, and so refused:
// CloudFormation was seen to ignore it (aws/aws-cdk #34540).
type databaseProperties struct {
	CatalogID     string `json:"CatalogId"`
	DatabaseInput struct {
		Name        string
		Description string
		LocationURI string `json:"LocationUri"`
		Parameters  map[string]string
	}
}

func (s *Service) read(r resource.Request) (DatabaseInput, error) {
	p, err := resource.Decode[databaseProperties](r)
	if err != nil {
		return DatabaseInput{}, err
	}
	if p.CatalogID == "" {
		return DatabaseInput{}, invalid("CatalogId of %s is required", r.LogicalID)
	}
	if err := s.check(inCatalog{p.CatalogID}); err != nil {
		return DatabaseInput{}, err
	}
	return DatabaseInput{
		Name: p.DatabaseInput.Name, Description: p.DatabaseInput.Description, LocationURI: p.DatabaseInput.LocationURI,
		Parameters: p.DatabaseInput.Parameters,
	}, nil
}

func (s *Service) createResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	in, err := s.read(r)
	if err != nil {
		return resource.Resource{}, err
	}
	if in.Name == "" {
		in.Name = r.Name(255) // Athena cannot use a name with hyphens
	}
	if err := s.addDatabase(in); err != nil {
		return resource.Resource{}, err
	}
	return resource.Resource{PhysicalID: fold(in.Name)}, nil
}

// updateResource changes a database in place. It fails for a new name, because Glue cannot rename a database, and for no name,
// also if CloudFormation chose the name (aws/aws-cdk #31158).
func (s *Service) updateResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	in, err := s.read(r)
	if err != nil {
		return resource.Resource{}, err
	}
	if err := s.changeDatabase(r.PhysicalID, in); err != nil {
		return resource.Resource{}, err
	}
	return resource.Resource{PhysicalID: r.PhysicalID}, nil
}

// deleteResource deletes the database with its tables.
func (s *Service) deleteResource(ctx context.Context, r resource.Request) error {
	_, err := s.deleteDatabase(ctx, databaseInput{Name: r.PhysicalID})
	var e *gateway.Error
	if errors.As(err, &e) && e.Code == "EntityNotFoundException" {
		return nil
	}
	return err
}
