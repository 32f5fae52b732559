package main

import (
	"net"
	"strconv"

	"github.com/oralake/oralake/internal/oracle/client"
	"github.com/oralake/oralake/internal/oracle/driver"
	"github.com/oralake/oralake/internal/oracle/inspect"
)

// connect prepares the database of a service for questions.
func connect(secret, service string) (inspect.Inspector, error) {
	connection, err := driver.FromSecret(secret, service)
	if err != nil {
		return inspect.Inspector{}, inspect.SecretError{Err: err}
	}
	db, err := driver.Open(connection)
	if err != nil {
		return inspect.Inspector{}, err
	}
	return inspect.Inspector{
		Driver: driver.Name, DB: db, Explain: client.Explain,
		Address: net.JoinHostPort(connection.Host, strconv.Itoa(connection.Port)),
	}, nil
}
