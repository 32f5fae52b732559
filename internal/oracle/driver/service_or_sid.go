package driver

import (
	"context"
	"database/sql/driver"
	"regexp"
	"sync/atomic"
)

// serviceOrSID is a connector to a database whose name may be a service name or a SID. It tries the service name first. If the
// listener has no such service, it tries the SID, and remembers which of them the listener knows.
type serviceOrSID struct {
	service, sid driver.Connector
	isSID        atomic.Bool
}

// unknownName matches the listener's errors for a service name (ORA-12514) and a SID (ORA-12505) that it does not know.
var unknownName = regexp.MustCompile(`ORA-125(14|05)\b`)

func (c *serviceOrSID) Connect(ctx context.Context) (driver.Conn, error) {
	if c.isSID.Load() {
		return c.sid.Connect(ctx)
	}
	conn, err := c.service.Connect(ctx)
	if err == nil || !unknownName.MatchString(err.Error()) {
		return conn, err
	}
	conn, errSID := c.sid.Connect(ctx)
	if errSID != nil && unknownName.MatchString(errSID.Error()) {
		return nil, err // the listener knows neither
	}
	c.isSID.Store(true)
	return conn, errSID
}

func (c *serviceOrSID) Driver() driver.Driver { return c.service.Driver() }
