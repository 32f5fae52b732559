package oracledb

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
)

// Oracle holds what a client needs to connect to a database: the parts of a connect string and of a secret.
type Oracle struct {
	Host     string
	Port     int
	Service  string // the service name, such as ORCLPDB1
	Username string
	Password string
}

// Registry maps addresses to databases. Its zero value is empty.
type Registry struct {
	mu   sync.RWMutex
	open []registered
}

type registered struct {
	oracle   Oracle
	database *Database
}

// Add registers a database under o. A database may be registered under several users, services and hosts.
func (r *Registry) Add(o Oracle, d *Database) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = append(r.open, registered{o, d})
}

// Connect logs in with o. Its errors are Oracle's: no listener (ORA-12541), an unknown service (ORA-12514), a wrong
// user or password (ORA-01017).
func (r *Registry) Connect(ctx context.Context, o Oracle) (*Database, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("connect to Oracle: %w", err)
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	listening, known := false, false
	for _, candidate := range r.open {
		c := candidate.oracle
		if c.Host != o.Host || c.Port != o.Port {
			continue
		}
		listening = true
		if c.Service != o.Service {
			continue
		}
		known = true
		if c.Username == o.Username && subtle.ConstantTimeCompare([]byte(c.Password), []byte(o.Password)) == 1 {
			return candidate.database, nil
		}
	}
	switch {
	case !listening:
		return nil, fmt.Errorf("ORA-12541: TNS:no listener at %s", net.JoinHostPort(o.Host, strconv.Itoa(o.Port)))
	case !known:
		return nil, fmt.Errorf("ORA-12514: TNS:listener does not currently know of service %s requested in connect descriptor",
			o.Service)
	default:
		return nil, errors.New("ORA-01017: invalid username/password; logon denied")
	}
}
