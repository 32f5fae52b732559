//go:build cgo && !goora

package driver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/godror/godror"
	"github.com/godror/godror/dsn"

	"github.com/oralake/oralake/internal/oracle/client"
)

// Name is the driver of this program.
const Name = Godror

// Open returns a pool of connections. It does not connect: the first use of the pool loads the client library and connects.
// All times are read as UTC.
func Open(c Connection) (*sql.DB, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := nameHost(); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	folder := ""
	if c.Certificate != nil {
		var err error
		if folder, err = configure(*c.Certificate); err != nil {
			return nil, fmt.Errorf("open the database: %w", err)
		}
	}
	connector := func(by string) driver.Connector {
		var p dsn.ConnectionParams
		p.ConfigDir = folder
		p.Username, p.Password, p.ConnectString = c.User, dsn.NewPassword(c.Password), c.descriptor(by)
		// Without NoTZCheck the driver reads the database's time zone for each new connection, and warns if it differs.
		p.Timezone, p.NoTZCheck = time.UTC, true
		p.StandaloneConnection = dsn.Bool(true)
		return checked{godror.NewConnector(p)}
	}
	return sql.OpenDB(&serviceOrSID{service: connector(byService), sid: connector(bySID)}), nil
}

// checked is a connector that checks the client library before the driver loads it.
type checked struct{ driver.Connector }

func (c checked) Connect(ctx context.Context) (driver.Conn, error) {
	if err := client.Check(client.Folders()); err != nil {
		return nil, err
	}
	return c.Connector.Connect(ctx)
}

// nameHost makes this machine's host name known to the C library if it cannot be resolved, as on Lambda. The client resolves
// its own host name, and fails with ORA-24454 or ORA-21561 if it cannot.
func nameHost() error {
	name, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("read this machine's host name: %w", err)
	}
	if _, known := os.LookupEnv("HOSTALIASES"); known {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if _, err := net.DefaultResolver.LookupHost(ctx, name); err == nil {
		return nil
	}
	file := filepath.Join(os.TempDir(), "HOSTALIASES")
	if err := os.WriteFile(file, []byte(name+" localhost\n"), 0o600); err != nil {
		return fmt.Errorf("make this machine's host name known: %w", err)
	}
	return os.Setenv("HOSTALIASES", file)
}
