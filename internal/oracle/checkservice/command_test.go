package checkservice

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/oracletest"
)

var update = flag.Bool("update", false, "write the golden files")

const file = `department: sales
network: {create: 10.40.0.0/24}
source: {secretName: oralake/sales, database: ORCLPDB1, capture: binary-reader}
jobs:
  daily-orders:
    type: full-load
    tables: [SALES.ORDERS, {table: SALES.LINEITEM, exclude: [OLD]}, SALES.GONE]
  live:
    type: cdc
    tables: [SALES.ORDERS]
`

// database has orders that are ready, and a large LINEITEM with a LOB and a type that DMS does not read.
func database(t *testing.T) *oracletest.Database {
	return oracletest.Open(t, []string{"SALES"}, oracletest.File(t, "../testdata/dictionary.sql"),
		oracletest.File(t, "../testdata/orders.sql"), oracletest.File(t, "testdata/lineitem.sql"))
}

// departments is a folder with the file of the department sales.
func departments(t *testing.T, content string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "sales.yaml"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

type run struct {
	status         int
	stdout, stderr string
	secret         string // that was asked for
}

func command(t *testing.T, db *oracletest.Database, args ...string) run {
	t.Helper()
	folder := departments(t, file)
	var r run
	var stdout, stderr bytes.Buffer
	secrets := func(_ context.Context, id string) (string, error) {
		if r.secret = id; id == "" {
			return "", errors.New("no such secret")
		}
		return `{"username":"DMS"}`, nil
	}
	connect := func(secret, service string) (Service, error) {
		if secret != `{"username":"DMS"}` || service != "ORCLPDB1" {
			t.Errorf("connect with %s to %s", secret, service)
		}
		return Service{Driver: "sqlite", DB: db.DB}, nil
	}
	args = append([]string{"--departments", folder}, args...)
	r.status = Command(t.Context(), args, &stdout, &stderr, secrets, connect)
	r.stdout, r.stderr = stdout.String(), stderr.String()
	return r
}

var seconds = regexp.MustCompile(`in \d+\.\d s`)

func TestCommandPrints(t *testing.T) {
	got := command(t, database(t), "--department", "sales", "--job", "daily-orders")
	if got.status != exitNotReady || got.stderr != "" || got.secret != "oralake/sales" {
		t.Errorf("status %d, stderr %q, secret %q; want 1, nothing, oralake/sales", got.status, got.stderr, got.secret)
	}
	printed := seconds.ReplaceAllString(got.stdout, "in 0.0 s")
	const golden = "testdata/printed.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(printed), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), printed); diff != "" {
		t.Errorf("printed (-want +got):\n%s", diff)
	}
}

func TestCommandJSON(t *testing.T) {
	got := command(t, database(t), "--department", "sales", "--job", "daily-orders", "--json")
	var a Answer
	if err := json.Unmarshal([]byte(got.stdout), &a); err != nil {
		t.Fatalf("%s: %v", got.stdout, err)
	}
	if a.Driver != "sqlite" || len(a.Findings) == 0 || len(a.Parallel) != 2 || a.Queries == 0 {
		t.Errorf("answer %+v, want findings and two plans", a)
	}
}

func TestCommandOfReadyJob(t *testing.T) {
	got := command(t, database(t), "--department", "sales", "--job", "live")
	if got.status != exitReady || !strings.Contains(got.stdout, "0 failed, 0 warnings") {
		t.Errorf("got %+v, want status 0 and nothing found", got)
	}
}

func TestCommandRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no department": {[]string{"--department", "none"}, "none"},
		"no job":        {[]string{"--department", "sales"}, `has several jobs; write --job and one of daily-orders, live`},
		"another job":   {[]string{"--department", "sales", "--job", "dead"}, `has no job "dead"; its jobs are daily-orders, live`},
		"no option":     {[]string{"sales"}, `"sales" is not an option`},
		"no file":       {[]string{"--department", "sales", "--job", "live", "--secret-file", "/nowhere"}, "/nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			got := command(t, database(t), test.args...)
			if got.status != exitUsage || !strings.Contains(got.stderr, test.want) || got.stdout != "" {
				t.Errorf("got %+v, want status 2 and %q", got, test.want)
			}
		})
	}
}

// What hinders a person is said as it is at their machine, and not as it is on Lambda.
func TestCommandInWordsForPersons(t *testing.T) {
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
			secret: errors.New("get credentials: no EC2 IMDS role found"), status: exitUsage,
			want: []string{"no EC2 IMDS role found; ", "secret oralake/sales", "write --secret-file FILE"},
		},
		"a file with something else": {
			connect: SecretError{errors.New("read the database's secret: it has no host")},
			args:    []string{"--secret-file", secretFile}, status: exitUsage,
			want: []string{"check: " + secretFile + ": read the database's secret: it has no host"},
		},
		"a secret with something else": {
			connect: SecretError{errors.New("read the database's secret: it has no host")}, status: exitUsage,
			want: []string{"check: read the database's secret: it has no host"},
		},
		"no driver": {
			connect: errors.New("this program was built without an Oracle driver"), args: []string{"--secret-file", secretFile},
			status: exitUsage, want: []string{"without an Oracle driver"}, never: []string{secretFile},
		},
		"no client": {
			ask: errors.New(`ORA-00000: DPI-1047: Cannot locate a 64-bit Oracle Client library: "libclntsh.so: cannot open shared ` +
				`object file: No such file or directory"`),
			status: exitNotReady,
			want:   []string{"there is no Oracle client", ": DPI-1047", "fix: run this with -tags goora", "LD_LIBRARY_PATH"},
			never:  []string{"deploy", "layer", "ORA-00000"},
		},
		"no way, of Go": {
			ask: errors.New("dial tcp 10.0.0.1:1521: connect: connection refused"), status: exitNotReady,
			want:  []string{"this machine does not reach db.example:1521: dial tcp", "fix: run this on a machine that reaches"},
			never: []string{"security group", "function"},
		},
		"no way, of Oracle": {
			ask: errors.New("ORA-12541: TNS:no listener"), status: exitNotReady,
			want: []string{"this machine does not reach db.example:1521: ORA-12541"}, never: []string{"security group"},
		},
		"another error": {
			ask: errors.New("ORA-01017: invalid username/password"), status: exitNotReady,
			want: []string{"Oracle refuses the user or the password"}, never: []string{"reach"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			secrets := func(context.Context, string) (string, error) { return "{}", test.secret }
			connect := func(string, string) (Service, error) {
				return Service{DB: sql.OpenDB(closed{test.ask}), Address: "db.example:1521"}, test.connect
			}
			var out bytes.Buffer
			args := append([]string{"--departments", folder, "--department", "sales", "--job", "live"}, test.args...)
			status := Command(t.Context(), args, &out, &out, secrets, connect)
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

// What is no number of Oracle's is not shown as one, whatever is asked.
func TestNoStrayCode(t *testing.T) {
	i := Service{DB: sql.OpenDB(closed{errors.New("ORA-00000: DPI-1047: no library")})}
	if _, err := i.Answer(t.Context(), Request{Do: SCN}); err == nil || strings.Contains(err.Error(), "ORA-00000") {
		t.Errorf("SCN: error %v, want one without ORA-00000", err)
	}
	a, err := i.Answer(t.Context(), Request{Do: Counts, Tables: []Table{{Schema: "S", Name: "T"}}})
	if err != nil || len(a.RowCounts) != 1 {
		t.Fatalf("counts: %+v, %v, want one proof", a.RowCounts, err)
	}
	if why := a.RowCounts[0].Why; !strings.Contains(why, ": DPI-1047") || strings.Contains(why, "ORA-00000") {
		t.Errorf("counts: %s, want a reason without ORA-00000", why)
	}
}

func TestAnswers(t *testing.T) {
	db := database(t)
	i := Service{Driver: "sqlite", DB: db.DB}
	a, err := i.Answer(t.Context(), Request{Do: SCN})
	if err != nil || a.SCN != 5000 {
		t.Errorf("SCN %d, %v, want 5000", a.SCN, err)
	}
	a, err = i.Answer(t.Context(), Request{Do: Counts, SCN: 5000, Tables: []Table{
		{Schema: "SALES", Name: "LINEITEM", Loaded: 640},
		{Schema: "SALES", Name: "LINEITEM", Loaded: 10, Filters: []Filter{{Column: "ID", Operator: "lte", Value: "10"}}},
		{Schema: "SALES", Name: "LINEITEM", Loaded: 639},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, p := range a.RowCounts {
		words = append(words, p.Status)
	}
	if diff := cmp.Diff([]string{oracle.Equal, oracle.Equal, oracle.Differing}, words); diff != "" {
		t.Errorf("proofs (-want +got):\n%s\n%+v", diff, a.RowCounts)
	}
	for _, wrong := range []Request{
		{Do: "drop"}, {Do: Check}, {CDC: true, Capture: "xstream"}, {Tables: []Table{{Schema: "S"}}}, {Tables: []Table{{Schema: "S", Name: `A"B`}}},
	} {
		if _, err := i.Answer(t.Context(), wrong); err == nil {
			t.Errorf("no error for %+v", wrong)
		}
	}
}

// A function answers before its time is over.
func TestAnswerInTime(t *testing.T) {
	db := database(t)
	db.Stall("all_tab_cols")
	ctx, cancel := context.WithTimeout(t.Context(), margin+100*time.Millisecond)
	defer cancel()
	a, err := Service{Driver: "sqlite", DB: db.DB}.Answer(ctx, Request{
		FullLoad: true, Tables: []Table{{Schema: "SALES", Name: "ORDERS", Parallel: true}},
	})
	if err != nil || ctx.Err() != nil {
		t.Fatalf("%v, %v, want an answer in time", err, ctx.Err())
	}
	if len(a.Findings) == 0 || !strings.Contains(a.Findings[0].Text, "no time left for the query") {
		t.Errorf("findings %+v, want that there was no time left", a.Findings)
	}
	if len(a.Parallel) != 1 || a.Parallel[0].Type != oracle.None {
		t.Errorf("plan %+v, want none", a.Parallel)
	}
}

// leaky is a database whose connections cannot be closed, as when the network is gone.
type leaky struct{ driver.Connector }

func (l leaky) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := l.Connector.Connect(ctx)
	return leakyConn{c}, err
}

type leakyConn struct{ driver.Conn }

func (leakyConn) Close() error { return errors.New("write: broken pipe") }

func (l leakyConn) QueryContext(ctx context.Context, q string, a []driver.NamedValue) (driver.Rows, error) {
	return l.Conn.(driver.QueryerContext).QueryContext(ctx, q, a)
}

// What was found out is not lost because the connection cannot be closed afterwards.
func TestAnswerOutlivesTheConnection(t *testing.T) {
	db := database(t)
	connect := func(string, string) (Service, error) {
		return Service{Driver: "sqlite", DB: sql.OpenDB(leaky{db.Connector()})}, nil
	}
	secrets := func(context.Context, string) (string, error) { return `{"username":"DMS"}`, nil }
	f := Handler{SecretID: "s", Database: "d", Secrets: secrets, Connect: connect}
	out, err := f.Handle(t.Context(), Input{Request: Request{Do: SCN}})
	if a, ok := out.(Answer); err != nil || !ok || a.SCN != 5000 {
		t.Errorf("got %+v, %v, want SCN 5000", out, err)
	}
	folder := departments(t, file)
	var stdout, stderr bytes.Buffer
	status := Command(t.Context(), []string{"--departments", folder, "--department", "sales", "--job", "live"}, &stdout, &stderr,
		secrets, connect)
	if status != exitReady || stderr.Len() > 0 {
		t.Errorf("status %d, %s; want 0", status, stderr.String())
	}
}

// The check cannot connect as DMS does, with a wallet: it says so, and asks for no secret.
func TestCommandRefusesEncryption(t *testing.T) {
	folder := departments(t, strings.Replace(file, "capture: binary-reader",
		"capture: binary-reader, sslMode: verify-ca, certificateArn: 'arn:aws:dms:eu-central-1:123456789012:cert:ABC'", 1))
	var stdout, stderr bytes.Buffer
	secrets := func(context.Context, string) (string, error) {
		t.Error("the secret was asked for")
		return "", nil
	}
	status := Command(t.Context(), []string{"--departments", folder, "--department", "sales", "--job", "live"}, &stdout, &stderr,
		secrets, nil)
	if status != exitUsage || !strings.Contains(stderr.String(), "sslMode: verify-ca") {
		t.Errorf("status %d, %s; want 2 and why", status, stderr.String())
	}
}
