//go:build goora

package driver

import (
	"database/sql"
	"fmt"
	"strconv"

	goora "github.com/sijms/go-ora/v2"
)

// Name is the driver that this program is built with.
const Name = GoOra

// fetched is how many rows come with a round trip, of which the dictionary of a thousand tables takes many.
const fetched = 500

// Open prepares a pool for the database. It connects to nothing before the first use.
func Open(c Connection) (*sql.DB, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return sql.OpenDB(goora.NewConnector(address(c))), nil
}

// address is the connection as the driver wants it. It has the password in it.
func address(c Connection) string {
	return goora.BuildUrl(c.Host, c.Port, c.Service, c.User, c.Password, map[string]string{
		"CONNECTION TIMEOUT": strconv.Itoa(int(connectTimeout.Seconds())), "PREFETCH_ROWS": strconv.Itoa(fetched),
	})
}
