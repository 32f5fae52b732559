package main

import (
	"net"
	"strconv"

	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/oracle/client"
	"github.com/oralake/oralake/internal/oracle/driver"
)

// connect prepares the database of a service for questions.
func connect(secret, service string) (checkservice.Service, error) {
	connection, err := driver.FromSecret(secret, service)
	if err != nil {
		return checkservice.Service{}, checkservice.SecretError{Err: err}
	}
	db, err := driver.Open(connection)
	if err != nil {
		return checkservice.Service{}, err
	}
	return checkservice.Service{
		Driver: driver.Name, DB: db, Explain: client.Explain,
		Address: net.JoinHostPort(connection.Host, strconv.Itoa(connection.Port)),
	}, nil
}
