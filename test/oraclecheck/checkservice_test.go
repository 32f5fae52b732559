package oraclecheck_test

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

	"github.com/oralake/oralake/internal/commandline"
	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/test/oracletest"
)

var update = flag.Bool("update", false, "write the golden files")

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

// database has the table ORDERS, which is ready, and a large LINEITEM with a LOB and a type that DMS cannot read.
func database(t *testing.T) *oracletest.Database {
	return oracletest.Open(t, []string{"SALES"}, oracletest.File(t, "testdata/dictionary.sql"),
		oracletest.File(t, "testdata/orders.sql"), oracletest.File(t, "testdata/lineitem.sql"))
}

// departments is a folder with the file of department sales.
func departments(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "sales.yaml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// result is the outcome of a command.
type result struct {
	status         int
	stdout, stderr string
	secret         string // the requested secret
}

func command(t *testing.T, db *oracletest.Database, args ...string) result {
	t.Helper()
	folder := departments(t)
	var r result
	var stdout, stderr bytes.Buffer
	secrets := func(_ context.Context, id string) (string, error) {
		if r.secret = id; id == "" {
			return "", errors.New("no such secret")
		}
		return `{"username":"DMS"}`, nil
	}
	connect := func(secret, service string, _ *checkservice.Certificate) (checkservice.Service, error) {
		if secret != `{"username":"DMS"}` || service != "ORCLPDB1" {
			t.Errorf("connect with %s to %s", secret, service)
		}
		return checkservice.Service{Driver: "sqlite", DB: db.DB}, nil
	}
	args = append([]string{"check", "--departments", folder}, args...)
	r.status = commandline.Main(t.Context(), args, commandline.World{
		Stdout: &stdout, Stderr: &stderr, Secrets: secrets, Connect: connect,
	})
	r.stdout, r.stderr = stdout.String(), stderr.String()
	return r
}

var seconds = regexp.MustCompile(`in \d+\.\d s`)

func TestCommandPrints(t *testing.T) {
	got := command(t, database(t), "--department", "sales", "--job", "daily-orders")
	if got.status != 1 || got.stderr != "" || got.secret != "oralake/sales" {
		t.Errorf("status %d, stderr %q, secret %q; want 1, no stderr, oralake/sales", got.status, got.stderr, got.secret)
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
	var a checkservice.Answer
	if err := json.Unmarshal([]byte(got.stdout), &a); err != nil {
		t.Fatalf("%s: %v", got.stdout, err)
	}
	if a.Driver != "sqlite" || len(a.Findings) == 0 || len(a.Parallel) != 2 || a.Queries == 0 {
		t.Errorf("answer %+v, want findings and two plans", a)
	}
}

func TestCommandOfReadyJob(t *testing.T) {
	got := command(t, database(t), "--department", "sales", "--job", "live")
	if got.status != 0 || !strings.Contains(got.stdout, "0 failed, 0 warnings") {
		t.Errorf("got %+v, want status 0 and no findings", got)
	}
}

func TestAnswers(t *testing.T) {
	db := database(t)
	i := checkservice.Service{Driver: "sqlite", DB: db.DB}
	a, err := i.Answer(t.Context(), checkservice.Request{Do: checkservice.SCN})
	if err != nil || a.SCN != 5000 {
		t.Errorf("SCN %d, %v, want 5000", a.SCN, err)
	}
	a, err = i.Answer(t.Context(), checkservice.Request{Do: checkservice.Counts, SCN: 5000, Tables: []checkservice.Table{
		{Schema: "SALES", Name: "LINEITEM", Loaded: 640},
		{Schema: "SALES", Name: "LINEITEM", Loaded: 10, Filters: []checkservice.Filter{{Column: "ID", Operator: "lte", Value: "10"}}},
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
		t.Errorf("row counts (-want +got):\n%s\n%+v", diff, a.RowCounts)
	}
	for _, wrong := range []checkservice.Request{
		{Do: "drop"},
		{Do: checkservice.Check},
		{CDC: true, Capture: "xstream"},
		{Tables: []checkservice.Table{{Schema: "S"}}},
		{Tables: []checkservice.Table{{Schema: "S", Name: `A"B`}}},
	} {
		if _, err := i.Answer(t.Context(), wrong); err == nil {
			t.Errorf("no error for %+v", wrong)
		}
	}
}

// A function answers before its timeout.
func TestAnswerInTime(t *testing.T) {
	db := database(t)
	db.Stall("all_tab_cols")
	const margin = 15 * time.Second // how long before its timeout a function answers
	ctx, cancel := context.WithTimeout(t.Context(), margin+100*time.Millisecond)
	defer cancel()
	a, err := checkservice.Service{Driver: "sqlite", DB: db.DB}.Answer(ctx, checkservice.Request{
		FullLoad: true, Tables: []checkservice.Table{{Schema: "SALES", Name: "ORDERS", Parallel: true}},
	})
	if err != nil || ctx.Err() != nil {
		t.Fatalf("%v, %v, want an answer in time", err, ctx.Err())
	}
	if end, _ := ctx.Deadline(); time.Until(end) < margin/2 {
		t.Errorf("answered %s before the timeout, want about %s", time.Until(end), margin)
	}
	if len(a.Findings) == 0 || !strings.Contains(a.Findings[0].Text, "no time left for the query") {
		t.Errorf("findings %+v, want one that says that no time was left", a.Findings)
	}
	if len(a.Parallel) != 1 || a.Parallel[0].Type != oracle.None {
		t.Errorf("plan %+v, want none", a.Parallel)
	}
}

// leaky is a database whose connections cannot be closed, as after a network failure.
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

// A failure to close the connection does not lose the answer.
func TestAnswerOutlivesTheConnection(t *testing.T) {
	db := database(t)
	connect := func(string, string, *checkservice.Certificate) (checkservice.Service, error) {
		return checkservice.Service{Driver: "sqlite", DB: sql.OpenDB(leaky{db.Connector()})}, nil
	}
	secrets := func(context.Context, string) (string, error) { return `{"username":"DMS"}`, nil }
	f := checkservice.Handler{SecretID: "s", Database: "d", Secrets: secrets, Connect: connect}
	out, err := f.Handle(t.Context(), checkservice.Input{Request: checkservice.Request{Do: checkservice.SCN}})
	if a, ok := out.(checkservice.Answer); err != nil || !ok || a.SCN != 5000 {
		t.Errorf("got %+v, %v, want SCN 5000", out, err)
	}
	folder := departments(t)
	var stdout, stderr bytes.Buffer
	args := []string{"check", "--departments", folder, "--department", "sales", "--job", "live"}
	status := commandline.Main(t.Context(), args, commandline.World{
		Stdout: &stdout, Stderr: &stderr, Secrets: secrets, Connect: connect,
	})
	if status != 0 || stderr.Len() > 0 {
		t.Errorf("status %d, %s; want 0", status, stderr.String())
	}
}
