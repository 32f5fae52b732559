//go:build !cgo && !goora

package driver

import (
	"database/sql"
	"errors"
)

// Name is the driver of this program.
const Name = None

// Open always returns an error: this program has no driver.
func Open(Connection) (*sql.DB, error) {
	return nil, errors.New("this program was built without an Oracle driver: build it with CGO_ENABLED=1 and a C " +
		"compiler for godror, or with -tags goora for go-ora")
}
