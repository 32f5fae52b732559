//go:build goora

package driver

import (
	"database/sql"
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
	return sql.OpenDB(&serviceOrSID{service: goora.NewConnector(address(c, byService)), sid: goora.NewConnector(address(c, bySID))}), nil
}

// address returns the connection as the driver's URL. It contains the password. by is byService or bySID.
func address(c Connection, by string) string {
	options := map[string]string{
		"CONNECTION TIMEOUT": strconv.Itoa(int(connectTimeout.Seconds())), "PREFETCH_ROWS": strconv.Itoa(fetched),
		"TIMEOUT": strconv.Itoa(int(silence.Seconds())),
	}
	if by == bySID {
		options[bySID] = c.Service
		return goora.BuildUrl(c.Host, c.Port, "", c.User, c.Password, options)
	}
	return goora.BuildUrl(c.Host, c.Port, c.Service, c.User, c.Password, options)
}
