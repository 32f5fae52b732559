package live

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/oracle/driver"
)

// The environment variables of TestOracle.
const (
	dsnVariable    = "ORACLE_TEST_DSN"    // USER/PASSWORD@HOST:PORT/SERVICE
	walletVariable = "ORACLE_TEST_WALLET" // the path of a cwallet.sso for TLS; may be empty
)

// TestOracle runs the suite against a real Oracle database. The user of ORACLE_TEST_DSN needs the role DBA in a pluggable database,
// such as SYSTEM in FREEPDB1 of Oracle Database Free. The test makes a user ORALAKE_TEST_..., whose tables it reads, and drops it. It
// changes nothing else.
func TestOracle(t *testing.T) {
	text := os.Getenv(dsnVariable)
	if text == "" {
		t.Skip(dsnVariable + " is not set: run `make oracle-test " + dsnVariable + "=USER/PASSWORD@HOST:PORT/SERVICE`")
	}
	reader, err := parse(text, os.Getenv(walletVariable))
	if err != nil {
		t.Fatal(err)
	}
	Run(t, prepare(t, reader))
}

var dsn = regexp.MustCompile(`^([^/]+)/(.+)@([^@:]+):(\d+)/(\S+)$`)

// parse reads the text of a DSN. An error does not quote it: it has a password.
func parse(text, wallet string) (driver.Connection, error) {
	m := dsn.FindStringSubmatch(text)
	if m == nil {
		return driver.Connection{}, fmt.Errorf("%s is not USER/PASSWORD@HOST:PORT/SERVICE", dsnVariable)
	}
	port, err := strconv.Atoi(m[4])
	if err != nil {
		return driver.Connection{}, fmt.Errorf("%s has the port %s, which is not a number of a port", dsnVariable, m[4])
	}
	c := driver.Connection{User: m[1], Password: m[2], Host: m[3], Port: port, Service: m[5]}
	if wallet != "" {
		content, err := os.ReadFile(wallet)
		if err != nil {
			return driver.Connection{}, fmt.Errorf("%s: %w", walletVariable, err)
		}
		c.Certificate = &checkservice.Certificate{Wallet: content}
	}
	return c, nil
}

func TestParse(t *testing.T) {
	want := driver.Connection{User: "system", Password: "t/g@r", Host: "localhost", Port: 1521, Service: "FREEPDB1"}
	if got, err := parse("system/t/g@r@localhost:1521/FREEPDB1", ""); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	for _, wrong := range []string{"system@localhost:1521/FREEPDB1", "system/secret@localhost/FREEPDB1", "system/secret@localhost:99999999999999999999/X"} {
		if _, err := parse(wrong, ""); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want an error without the password", wrong, err)
		}
	}
	if _, err := parse("system/secret@localhost:1521/FREEPDB1", "/none/cwallet.sso"); err == nil {
		t.Error("a wallet that does not exist is taken")
	}
}

// prepare makes the scratch schema with the suite's tables, and drops it at the end of the test.
func prepare(t *testing.T, as driver.Connection) Database {
	t.Helper()
	reader := open(t, as)
	d := Database{Reader: reader, Schema: "ORALAKE_TEST_" + rand.Text()[:6], Sent: func(ctx context.Context) ([]string, error) { return sent(ctx, reader) }}
	if err := reader.QueryRowContext(t.Context(), "SELECT MAX(version) FROM product_component_version").Scan(&d.Version); err != nil {
		t.Fatalf("the version of the database: %v", err)
	}
	t.Logf("Oracle %s, driver %s, schema %s", d.Version, driver.Name, d.Schema)
	var tablespace string
	const property = "SELECT property_value FROM database_properties WHERE property_name = 'DEFAULT_PERMANENT_TABLESPACE'"
	if err := reader.QueryRowContext(t.Context(), property).Scan(&tablespace); err != nil {
		t.Fatalf("the default tablespace: %v", err)
	}
	owner := as
	owner.User, owner.Password = d.Schema, "Oralake_"+rand.Text()[:20]
	run(t, reader, fmt.Sprintf(`CREATE USER %s IDENTIFIED BY "%s" QUOTA 200M ON %s`, d.Schema, owner.Password, tablespace))
	t.Cleanup(func() {
		if _, err := reader.ExecContext(context.WithoutCancel(t.Context()), "DROP USER "+d.Schema+" CASCADE"); err != nil {
			t.Errorf("drop user %s by hand: %v", d.Schema, err)
		}
	})
	run(t, reader, "GRANT CREATE SESSION, CREATE TABLE, CREATE VIEW TO "+d.Schema)
	d.Owner = open(t, owner) // its cleanup comes before that of the user, who must have no session
	script, err := os.ReadFile("testdata/tables.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements(string(script)) {
		run(t, d.Owner, statement)
	}
	return d
}

// statements splits a script at the semicolons at the ends of its lines.
func statements(script string) (all []string) {
	for part := range strings.SplitSeq(script, ";\n") {
		lines := slices.DeleteFunc(strings.Split(part, "\n"), func(line string) bool { return strings.HasPrefix(line, "--") })
		part = strings.TrimSpace(strings.Join(lines, "\n"))
		if strings.HasPrefix(part, "BEGIN ") {
			part += ";" // a block of PL/SQL ends with one
		}
		if part != "" {
			all = append(all, part)
		}
	}
	return all
}

func TestTables(t *testing.T) {
	script, err := os.ReadFile("testdata/tables.sql")
	if err != nil {
		t.Fatal(err)
	}
	all := statements(string(script))
	made := strings.ToUpper(strings.Join(all, "\n"))
	for _, name := range []string{Everything, Numbers, Dates, Timestamps, Texts, Parts} {
		if !strings.Contains(made, "CREATE TABLE "+name+" ") || !strings.Contains(made, "INSERT INTO "+name+" ") {
			t.Errorf("tables.sql does not make %s with its rows", name)
		}
	}
	if !strings.Contains(made, "CREATE VIEW "+View+" ") || strings.Count(made, "LEVEL <= "+strconv.Itoa(Rows)+"") != 6 {
		t.Errorf("tables.sql makes no view %s, or another number of rows than %d", View, Rows)
	}
	if last := all[len(all)-1]; last != "BEGIN DBMS_STATS.GATHER_SCHEMA_STATS(USER); END;" {
		t.Errorf("the last statement is %s, want that of the statistics", last)
	}
}

// sent returns the names of the statements of package oracle that the database has in its cache.
func sent(ctx context.Context, db *sql.DB) (names []string, err error) {
	rows, err := db.QueryContext(ctx, "SELECT DISTINCT SUBSTR(sql_text, 1, 100) FROM v$sql WHERE sql_text LIKE 'SELECT /* oralake %'")
	if err != nil {
		return nil, fmt.Errorf("read the sent statements: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("read the sent statements: %w", err)
		}
		if name, _ := oracle.TagOf(text); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, rows.Err()
}

func open(t *testing.T, c driver.Connection) *sql.DB {
	t.Helper()
	db, err := driver.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func run(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		first, _, _ := strings.Cut(statement, "IDENTIFIED")
		t.Fatalf("%s: %v", first, err)
	}
}
