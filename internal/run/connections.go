package run

import (
	"context"

	"github.com/oralake/oralake/internal/dms"
)

// test has the connections to the run's endpoints tested: once in the run whatever they were before, since DMS does not
// tell when a test was made, and a password may have changed since; then those that have no success yet.
func (c Create) test(ctx context.Context, run *Document) error {
	e, begin := run.Endpoints, dms.TestConnections
	if !run.ConnectionsTested {
		begin = dms.TestConnectionsAgain
	}
	if err := begin(ctx, c.DMS, e.Instance, e.Source, e.Target); err != nil {
		return err
	}
	run.ConnectionsTested = true
	return nil
}
