// Package driver opens Oracle databases with the one driver that a program is built with:
//
//   - godror, the default, through Oracle's client library. It needs cgo, and at run time the library, which on Lambda
//     comes from a layer.
//   - go-ora with the build tag goora: Go alone, no client library.
//   - none, when a program is built without cgo and without the tag: Open then says so. This keeps every other program
//     of this module buildable on a machine without a C compiler.
//
// Name says which one it is.
package driver

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The names of the drivers, as the department file has them; None is a program without one.
const (
	Godror = "godror"
	GoOra  = "go-ora"
	None   = "none"
)

// connectTimeout bounds each of reaching the listener and logging in. It is well inside a function's time, so that a
// database that does not answer becomes a sentence and not a function that is cut off.
const connectTimeout = 15 * time.Second

// Connection is what it takes to log in to a database.
type Connection struct {
	Host     string
	Port     int
	Service  string // the service name, such as ORCLPDB1
	User     string
	Password string
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
			"password and host")
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
		c.Port, _ = strconv.Atoi(port) // what is no number stays 0, which is refused below
	}
	if len(missing) > 0 {
		return Connection{}, fmt.Errorf("read the database's secret: it has no %s", strings.Join(missing, ", "))
	}
	return c, c.check()
}

// hostName is a name or an address. Nothing else may come into a URL, which a driver may print with its password.
var hostName = regexp.MustCompile(`^[A-Za-z0-9._:-]+$`)

// check refuses what a connect descriptor or a URL cannot hold.
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

// Descriptor is the connection in Oracle Net's words, without user and password. It does not depend on a tnsnames.ora.
func (c Connection) Descriptor() string {
	seconds := int(connectTimeout.Seconds())
	return fmt.Sprintf("(DESCRIPTION=(CONNECT_TIMEOUT=%d)(TRANSPORT_CONNECT_TIMEOUT=%d)(RETRY_COUNT=0)"+
		"(ADDRESS=(PROTOCOL=TCP)(HOST=%s)(PORT=%d))(CONNECT_DATA=(SERVICE_NAME=%s)))",
		seconds, seconds, c.Host, c.Port, c.Service)
}
