package driver

import (
	"net"
	"strconv"

	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/oracle/client"
)

// Connect opens a database for the check. secret is the text of its secret, service is Oracle's service name. certificate is nil for a
// connection without TLS. Connect does not connect yet. The error is a checkservice.SecretError if the secret is not valid.
func Connect(secret, service string, certificate *checkservice.Certificate) (checkservice.Service, error) {
	connection, err := FromSecret(secret, service)
	if err != nil {
		return checkservice.Service{}, checkservice.SecretError{Err: err}
	}
	connection.Certificate = certificate
	db, err := Open(connection)
	if err != nil {
		return checkservice.Service{}, err
	}
	return checkservice.Service{
		Driver: Name, DB: db, Explain: client.Explain,
		Address: net.JoinHostPort(connection.Host, strconv.Itoa(connection.Port)),
	}, nil
}
