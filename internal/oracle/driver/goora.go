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

// Open prepares a pool for the database. It connects to nothing before the first use.
func Open(c Connection) (*sql.DB, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	url := goora.BuildUrl(c.Host, c.Port, c.Service, c.User, c.Password, map[string]string{
		"CONNECTION TIMEOUT": strconv.Itoa(int(connectTimeout.Seconds())),
	})
	return sql.OpenDB(goora.NewConnector(url)), nil
}
