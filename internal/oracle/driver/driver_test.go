package driver_test

import (
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/oracle/driver"
)

func TestSecrets(t *testing.T) {
	want := driver.Connection{Host: "db.example", Port: 1521, Service: "ORCLPDB1", User: "ORALAKE", Password: `p/"@w`}
	for name, port := range map[string]string{"a number": "1521", "text": `"1521"`} {
		secret := `{"username":"ORALAKE","password":"p/\"@w","host":"db.example","port":` + port + `,"engine":"oracle"}`
		got, err := driver.FromSecret(secret, "ORCLPDB1")
		if err != nil || got != want {
			t.Errorf("port as %s: got %+v, %v, want %+v", name, got, err, want)
		}
	}
	for name, test := range map[string]struct{ secret, service, want string }{
		"not JSON":       {"tiger", "S", "it is not a JSON object"},
		"parts missing":  {`{"password":"tiger"}`, "S", "it has no username, host, port"},
		"no port":        {`{"username":"u","password":"tiger","host":"h","port":"tiger"}`, "S", "port is not between 1 and 65535"},
		"a strange host": {`{"username":"u","password":"tiger","host":"h)(x=","port":1}`, "S", `"h)(x=" is not a host name`},
		// A driver prints an invalid URL in its error, with the password.
		"an escape":       {`{"username":"u","password":"tiger","host":"h%zz","port":1}`, "S", `"h%zz" is not a host name`},
		"a path":          {`{"username":"u","password":"tiger","host":"h/p?x","port":1}`, "S", `"h/p?x" is not a host name`},
		"two hosts":       {`{"username":"u","password":"tiger","host":"a@b","port":1}`, "S", `"a@b" is not a host name`},
		"half a port":     {`{"username":"u","password":"tiger","host":"h","port":1521.5}`, "S", "port is not between"},
		"no service":      {`{"username":"u","password":"tiger","host":"h","port":1}`, "", `"" is not a service name`},
		"password number": {`{"username":"u","password":12345678,"host":"h","port":1}`, "S", "with text in username"},
	} {
		_, err := driver.FromSecret(test.secret, test.service)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
		if err != nil && (strings.Contains(err.Error(), "tiger") || strings.Contains(err.Error(), "12345678")) {
			t.Errorf("%s: the error shows the password: %v", name, err)
		}
	}
}
