// Package driver opens Oracle databases. Each program contains one driver, which the build chooses:
//
//   - godror, the default, uses Oracle's client library. It needs cgo, and at run time the library. On Lambda the library
//     comes from a layer.
//   - go-ora, with the build tag goora, is written in Go and needs no client library.
//   - none, without cgo and without the tag: Open returns an error. So a machine without a C compiler can still build the
//     other programs of this module.
//
// Name is the name of the program's driver.
package driver

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/oracle/checkservice"
)

// The names of the drivers, as a department's file writes them. None is the name in a program without a driver.
const (
	Godror = "godror"
	GoOra  = "go-ora"
	None   = "none"
)

// connectTimeout is the time limit for reaching the listener, and again for the login. It is much shorter than the Lambda
// function's time limit, so the function can report a database that does not answer.
const connectTimeout = 15 * time.Second

// Connection has the values that a login to a database needs.
type Connection struct {
	Host     string
	Port     int
	Service  string // the service name, such as ORCLPDB1, or the SID of a database
	User     string
	Password string
	// Certificate is for a connection with TLS; nil for one without. The host name is not checked, as by DMS with verify-ca.
	Certificate *checkservice.Certificate
}

// FromSecret reads the Secrets Manager secret that DMS uses for the same endpoint, a JSON object with username,
// password, host and port. The service is not in it. Source:
// https://docs.aws.amazon.com/dms/latest/userguide/security_iam_secretsmanager.html
//
// An error never quotes the secret.
func FromSecret(secret, service string) (Connection, error) {
	var s struct {
		Username string `json:"username"`
		Password string `json:"password"`
		Host     string `json:"host"`
		Port     any    `json:"port"` // Secrets Manager's own form writes a number, people write a string
	}
	if err := json.Unmarshal([]byte(secret), &s); err != nil {
		return Connection{}, fmt.Errorf("read the database's secret: it is not a JSON object with text in username, " +
			"password and host; correct the secret")
	}
	c := Connection{Host: s.Host, Service: service, User: s.Username, Password: s.Password}
	var missing []string
	for _, part := range []struct{ key, value string }{
		{"username", s.Username}, {"password", s.Password}, {"host", s.Host},
	} {
		if part.value == "" {
			missing = append(missing, part.key)
		}
	}
	switch port := s.Port.(type) {
	case nil:
		missing = append(missing, "port")
	case float64:
		if port == math.Trunc(port) && port < 1<<16 {
			c.Port = int(port)
		}
	case string:
		c.Port, _ = strconv.Atoi(port) // 0 if it is not a number; check refuses it
	}
	if len(missing) > 0 {
		return Connection{}, fmt.Errorf("read the database's secret: it has no %s; add this to the secret", strings.Join(missing, ", "))
	}
	return c, c.check()
}

// hostName matches a host name or an IP address. It excludes text that makes a URL invalid: a driver may print an invalid
// URL, with the password.
var hostName = regexp.MustCompile(`^[A-Za-z0-9._:-]+$`)

// check refuses values that are not valid in a connect descriptor or a URL.
func (c Connection) check() error {
	switch {
	case c.Port < 1 || c.Port > 65535:
		return fmt.Errorf("the database's port is not between 1 and 65535")
	case !hostName.MatchString(c.Host):
		return fmt.Errorf("%q is not a host name", c.Host)
	case c.Service == "" || strings.ContainsAny(c.Service, "()= \t\n\""):
		return fmt.Errorf("%q is not a service name", c.Service)
	}
	return nil
}

// The two ways to name a database to its listener. DMS's DatabaseName may be either.
const (
	byService = "SERVICE_NAME"
	bySID     = "SID"
)

// descriptor returns the connection as a connect descriptor of Oracle Net, without user and password. It needs no
// tnsnames.ora. by is byService or bySID.
func (c Connection) descriptor(by string) string {
	seconds := int(connectTimeout.Seconds())
	protocol := "TCP"
	if c.Certificate != nil {
		protocol = "TCPS"
	}
	return fmt.Sprintf("(DESCRIPTION=(CONNECT_TIMEOUT=%d)(TRANSPORT_CONNECT_TIMEOUT=%d)(RETRY_COUNT=0)"+
		"(ADDRESS=(PROTOCOL=%s)(HOST=%s)(PORT=%d))(CONNECT_DATA=(%s=%s)))",
		seconds, seconds, protocol, c.Host, c.Port, by, c.Service)
}
