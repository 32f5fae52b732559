package commandline

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/oracle/checkservice"
)

const file = `department: sales
network: {create: 10.40.0.0/24}
source: {secretName: oralake/sales, database: ORCLPDB1, sslMode: none, capture: binary-reader}
jobs:
  daily-orders:
    type: full-load
    tables: [SALES.ORDERS, {table: SALES.LINEITEM, exclude: [OLD]}, SALES.GONE]
  live:
    type: cdc
    tables: [SALES.ORDERS]
`

// departments is a folder with the file of the department sales.
func departments(t *testing.T, content string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "sales.yaml"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestCheckRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no department": {[]string{"--department", "none"}, "none"},
		"no job":        {[]string{"--department", "sales"}, `has several jobs; write --job and one of daily-orders, live`},
		"another job":   {[]string{"--department", "sales", "--job", "dead"}, `has no job "dead"; its jobs are daily-orders, live`},
		"no option":     {[]string{"sales"}, `unexpected argument sales`},
		"no file":       {[]string{"--department", "sales", "--job", "live", "--secret-file", "/nowhere"}, "/nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			secrets := func(context.Context, string) (string, error) {
				t.Error("the secret was asked for")
				return "", nil
			}
			var stdout, stderr bytes.Buffer
			args := append([]string{"check", "--departments", departments(t, file)}, test.args...)
			status := Main(t.Context(), args, World{Stdout: &stdout, Stderr: &stderr, Secrets: secrets})
			if status != Failed || !strings.Contains(stderr.String(), test.want) || stdout.Len() > 0 {
				t.Errorf("status %d, stdout %q, stderr %q; want 2, nothing and %q", status, &stdout, &stderr, test.want)
			}
		})
	}
}

// What hinders a person is said as it is at their machine, and not as it is on Lambda.
func TestCheckInWordsForPersons(t *testing.T) {
	folder := departments(t, file)
	secretFile := filepath.Join(folder, "secret.json")
	if err := os.WriteFile(secretFile, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		secret, connect, ask error
		args                 []string
		status               int
		want, never          []string
	}{
		"no credentials": {
			secret: errors.New("get credentials: no EC2 IMDS role found"), status: Failed,
			want: []string{"no EC2 IMDS role found; ", "secret oralake/sales", "write --secret-file FILE"},
		},
		"a file with something else": {
			connect: checkservice.SecretError{Err: errors.New("read the database's secret: it has no host")},
			args:    []string{"--secret-file", secretFile}, status: Failed,
			want: []string{"oralake: " + secretFile + ": read the database's secret: it has no host"},
		},
		"a secret with something else": {
			connect: checkservice.SecretError{Err: errors.New("read the database's secret: it has no host")}, status: Failed,
			want: []string{"oralake: read the database's secret: it has no host"},
		},
		"no driver": {
			connect: errors.New("this program was built without an Oracle driver"), args: []string{"--secret-file", secretFile},
			status: Failed, want: []string{"without an Oracle driver"}, never: []string{secretFile},
		},
		"no client": {
			ask: errors.New(`ORA-00000: DPI-1047: Cannot locate a 64-bit Oracle Client library: "libclntsh.so: cannot open shared ` +
				`object file: No such file or directory"`),
			status: NeedsPerson,
			want:   []string{"there is no Oracle client", ": DPI-1047", "fix: run this with -tags goora", "LD_LIBRARY_PATH"},
			never:  []string{"deploy", "layer", "ORA-00000"},
		},
		"no way, of Go": {
			ask: errors.New("dial tcp 10.0.0.1:1521: connect: connection refused"), status: NeedsPerson,
			want:  []string{"this machine does not reach db.example:1521: dial tcp", "fix: run this on a machine that reaches"},
			never: []string{"security group", "function"},
		},
		"no way, of Oracle": {
			ask: errors.New("ORA-12541: TNS:no listener"), status: NeedsPerson,
			want: []string{"this machine does not reach db.example:1521: ORA-12541"}, never: []string{"security group"},
		},
		"another error": {
			ask: errors.New("ORA-01017: invalid username/password"), status: NeedsPerson,
			want: []string{"Oracle refuses the user or the password"}, never: []string{"reach"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			secrets := func(context.Context, string) (string, error) { return "{}", test.secret }
			connect := func(string, string, *checkservice.Certificate) (checkservice.Service, error) {
				return checkservice.Service{DB: sql.OpenDB(closed{test.ask}), Address: "db.example:1521"}, test.connect
			}
			var out bytes.Buffer
			args := append([]string{"check", "--departments", folder, "--department", "sales", "--job", "live"}, test.args...)
			status := Main(t.Context(), args, World{Stdout: &out, Stderr: &out, Secrets: secrets, Connect: connect})
			if status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
			for _, want := range test.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%s\ndoes not say %q", out.String(), want)
				}
			}
			for _, never := range test.never {
				if strings.Contains(out.String(), never) {
					t.Errorf("%s\nsays %q", out.String(), never)
				}
			}
		})
	}
}

// closed is a database that nobody can connect to.
type closed struct{ why error }

func (c closed) Connect(context.Context) (driver.Conn, error) { return nil, c.why }

func (c closed) Driver() driver.Driver { return nil }
