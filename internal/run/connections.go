package run

import (
	"context"

	"github.com/oralake/oralake/internal/dms"
)

// TestConnections starts tests of the connections to the run's endpoints. The first call in a run tests all endpoints: DMS does
// not say when an earlier test was made, and a password may have changed since. Later calls test the endpoints without a
// successful test.
func TestConnections(ctx context.Context, api dms.ConnectionTester, doc *Document) error {
	test := dms.TestConnections
	if !doc.ConnectionsTested {
		test = dms.TestConnectionsAgain
	}
	if err := test(ctx, api, doc.Endpoints.Instance, doc.endpointsInUse()...); err != nil {
		return err
	}
	doc.ConnectionsTested = true
	return nil
}
