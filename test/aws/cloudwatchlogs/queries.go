package cloudwatchlogs

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Query is a saved query of Logs Insights. It is kept, and never run.
type Query struct {
	Name          string
	QueryString   string
	LogGroupNames []string
}

// The limits of a saved query (API_PutQueryDefinition).
const (
	maxQueryName = 255
	maxQuery     = 10_000
)

// putQuery makes or changes a saved query. Its log groups must exist: one that does not would find nothing.
func (s *Service) putQuery(_ context.Context, r resource.Request) (resource.Resource, error) {
	q, err := resource.Decode[Query](r)
	if err != nil {
		return resource.Resource{}, err
	}
	invalid := func(format string, args ...any) (resource.Resource, error) {
		return resource.Resource{}, gateway.Errorf("InvalidParameterException", format, args...)
	}
	switch {
	case q.Name == "" || len(q.Name) > maxQueryName || strings.HasSuffix(q.Name, "/"):
		return invalid("the name %q of a query must have 1 to %d characters and not end in a slash", q.Name, maxQueryName)
	case q.QueryString == "" || len(q.QueryString) > maxQuery:
		return invalid("the query %s must have 1 to %d characters", q.Name, maxQuery)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, group := range q.LogGroupNames {
		if _, err := s.find(group, ""); err != nil {
			return resource.Resource{}, err
		}
	}
	id := r.PhysicalID
	if id == "" {
		id = uuid.NewString()
	}
	s.queries[id] = q
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{"QueryDefinitionId": id}}, nil
}

func (s *Service) deleteQuery(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.queries, r.PhysicalID)
	return nil
}
