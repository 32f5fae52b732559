package driver

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"testing"
)

func TestDescriptor(t *testing.T) {
	c := Connection{Host: "db.example", Port: 1521, Service: "ORCLPDB1", User: "ORALAKE", Password: "tiger"}
	for by, want := range map[string]string{
		byService: "(DESCRIPTION=(CONNECT_TIMEOUT=15)(TRANSPORT_CONNECT_TIMEOUT=15)(RETRY_COUNT=0)" +
			"(ADDRESS=(PROTOCOL=TCP)(HOST=db.example)(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=ORCLPDB1)))",
		bySID: "(DESCRIPTION=(CONNECT_TIMEOUT=15)(TRANSPORT_CONNECT_TIMEOUT=15)(RETRY_COUNT=0)" +
			"(ADDRESS=(PROTOCOL=TCP)(HOST=db.example)(PORT=1521))(CONNECT_DATA=(SID=ORCLPDB1)))",
	} {
		if got := c.descriptor(by); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// answering is a connector that answers each attempt with an error, or connects if the error is nil.
type answering struct {
	name     string
	err      error
	attempts *[]string
}

func (a answering) Driver() driver.Driver { return nil }

func (a answering) Connect(context.Context) (driver.Conn, error) {
	*a.attempts = append(*a.attempts, a.name)
	return nil, a.err
}

func TestServiceOrSID(t *testing.T) {
	noService := errors.New("ORA-12514: TNS:listener does not currently know of service requested in connect descriptor")
	noSID := errors.New("ORA-12505: TNS:listener does not currently know of SID given in connect descriptor")
	wrong := errors.New("ORA-01017: invalid username/password; logon denied")
	for name, test := range map[string]struct {
		service, sid, want error
		attempts           []string // of two connections
	}{
		"a service":                       {nil, noSID, nil, []string{"service", "service"}},
		"a SID":                           {noService, nil, nil, []string{"service", "sid", "sid"}},
		"neither":                         {noService, noSID, noService, []string{"service", "sid", "service", "sid"}},
		"a service and a wrong password":  {wrong, noSID, wrong, []string{"service", "service"}},
		"a SID and a wrong password":      {noService, wrong, wrong, []string{"service", "sid", "sid"}},
		"a listener that names the SID":   {noSID, nil, nil, []string{"service", "sid", "sid"}},
		"an error that contains the code": {errors.New("ORA-125140"), nil, errors.New("ORA-125140"), []string{"service", "service"}},
	} {
		t.Run(name, func(t *testing.T) {
			var attempts []string
			c := &serviceOrSID{service: answering{"service", test.service, &attempts}, sid: answering{"sid", test.sid, &attempts}}
			for range 2 {
				if _, err := c.Connect(t.Context()); (err == nil) != (test.want == nil) || err != nil && err.Error() != test.want.Error() {
					t.Errorf("got %v, want %v", err, test.want)
				}
			}
			if !slices.Equal(attempts, test.attempts) {
				t.Errorf("attempts %v, want %v", attempts, test.attempts)
			}
		})
	}
}
