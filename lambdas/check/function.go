package main

import (
	"github.com/oralake/oralake/internal/oracle/client"
	"github.com/oralake/oralake/internal/oracle/driver"
	"github.com/oralake/oralake/internal/oracle/inspect"
)

// connect prepares the database of a service for questions.
func connect(secret, service string) (inspect.Inspector, error) {
	connection, err := driver.FromSecret(secret, service)
	if err != nil {
		return inspect.Inspector{}, err
	}
	db, err := driver.Open(connection)
	if err != nil {
		return inspect.Inspector{}, err
	}
	return inspect.Inspector{Driver: driver.Name, DB: db, Explain: client.Explain}, nil
}
