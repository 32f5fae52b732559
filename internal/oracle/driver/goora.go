//go:build goora

package driver

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strconv"
	"time"

	goora "github.com/sijms/go-ora/v2"
)

// Name is the driver of this program.
const Name = GoOra

// fetched is the number of rows in each round trip. The dictionary of a thousand tables has very many rows.
const fetched = 500

// silence is the longest time that the driver waits for the database's next answer. It is more than any statement's limit: it
// closes the connection of a statement that the check no longer waits for.
const silence = 15 * time.Minute

// Open returns a pool of connections. It does not connect: the first use of the pool connects.
func Open(c Connection) (*sql.DB, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	var config *tls.Config
	if c.Certificate != nil {
		var err error
		if config, err = tlsConfig(*c.Certificate); err != nil {
			return nil, fmt.Errorf("open the database: %w", err)
		}
	}
	connector := func(by string) driver.Connector { return encrypted{address(c, by), config} }
	return sql.OpenDB(&serviceOrSID{service: connector(byService), sid: connector(bySID)}), nil
}

// encrypted is a connector whose connections have TLS with a configuration; without one if it is nil.
type encrypted struct {
	address string
	config  *tls.Config
}

func (e encrypted) Connect(ctx context.Context) (driver.Conn, error) {
	c := goora.NewConnector(e.address).(*goora.OracleConnector)
	if e.config != nil {
		c.WithTLSConfig(e.config.Clone()) // the driver writes the host's name into it
	}
	return c.Connect(ctx)
}

func (e encrypted) Driver() driver.Driver { return goora.NewConnector(e.address).Driver() }

// address returns the connection as the driver's URL. It contains the password. by is byService or bySID.
func address(c Connection, by string) string {
	options := map[string]string{
		"CONNECTION TIMEOUT": strconv.Itoa(int(connectTimeout.Seconds())), "PREFETCH_ROWS": strconv.Itoa(fetched),
		"TIMEOUT": strconv.Itoa(int(silence.Seconds())),
	}
	if c.Certificate != nil {
		options["SSL"] = "true"
	}
	if by == bySID {
		options[bySID] = c.Service
		return goora.BuildUrl(c.Host, c.Port, "", c.User, c.Password, options)
	}
	return goora.BuildUrl(c.Host, c.Port, c.Service, c.User, c.Password, options)
}
