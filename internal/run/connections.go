package run

import (
	"context"

	"github.com/oralake/oralake/internal/dms"
)

// TestConnections begins a test of the connections to the run's endpoints: once in a run also of those that succeeded before,
// because DMS does not say when a test was made and a password may have changed since; then of those without a success.
func TestConnections(ctx context.Context, api dms.ConnectionTester, doc *Document) error {
	e, begin := doc.Endpoints, dms.TestConnections
	if !doc.ConnectionsTested {
		begin = dms.TestConnectionsAgain
	}
	if err := begin(ctx, api, e.Instance, e.Source, e.Target); err != nil {
		return err
	}
	doc.ConnectionsTested = true
	return nil
}
