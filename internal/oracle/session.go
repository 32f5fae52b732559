package oracle

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// session runs the statements of one check, and counts them.
type session struct {
	db      Queryer
	limit   time.Duration // the time limit of each statement
	explain func(error) (text, fix string, known bool)
	queries int
}

// rows runs a statement and calls scan for each row. The error is errSlow if the statement took longer than the limit.
func (s *session) rows(ctx context.Context, text string, args []any, scan func(*sql.Rows) error) error {
	s.queries++
	ctx, cancel := context.WithTimeoutCause(ctx, s.limit, errSlow)
	defer cancel()
	err := s.read(ctx, text, args, scan)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (s *session) read(ctx context.Context, text string, args []any, scan func(*sql.Rows) error) (err error) {
	rows, err := s.db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

var errSlow = errors.New("the query took too long and was stopped")

// maxList is the largest number of expressions in one IN list of Oracle (ORA-01795).
const maxList = 1000

// maxNames is the largest number of tables that a statement selects by name. For more tables the statement reads whole
// schemas, and the check ignores rows of other tables: long lists cost Oracle more than rows.
const maxNames = 500

// where returns the condition that selects tables, with its arguments. Each argument has its own name, because drivers bind
// a name that appears twice in different ways.
func (q query) where(tables []Table) (string, []any) {
	owners, names := map[string]bool{}, map[string]bool{}
	for _, t := range tables {
		owners[t.Schema], names[t.Name] = true, true
	}
	var args []any
	condition := in(q.owner, "o", owners, &args)
	if len(names) <= maxNames {
		condition += " AND " + in(q.table, "t", names, &args)
	}
	return condition, args
}

func in(column, prefix string, values map[string]bool, args *[]any) string {
	sorted := make([]string, 0, len(values))
	for v := range values {
		sorted = append(sorted, v)
	}
	slices.Sort(sorted)
	var lists []string
	for chunk := range slices.Chunk(sorted, maxList) {
		marks := make([]string, len(chunk))
		for i, v := range chunk {
			name := prefix + strconv.Itoa(len(*args)+1)
			marks[i] = ":" + name
			*args = append(*args, sql.Named(name, v))
		}
		lists = append(lists, column+" IN ("+strings.Join(marks, ", ")+")")
	}
	return "(" + strings.Join(lists, " OR ") + ")"
}

// ofTables runs a statement of the catalogue for the tables of a job.
func (s *session) ofTables(ctx context.Context, q query, tables []Table, scan func(*sql.Rows) error) error {
	condition, args := q.where(tables)
	return s.rows(ctx, strings.ReplaceAll(q.text, "{where}", condition), args, scan)
}

// The error codes of Oracle that the check explains.
const (
	noSuchTable      = 942
	noSuchColumn     = 904
	noPrivilege      = 1031
	badContext       = 2003
	snapshotTooOld   = 1555
	badSCN           = 8181
	tableChanged     = 1466 // the table's definition is newer than the SCN
	wrongPassword    = 1017
	accountLocked    = 28000
	passwordExpired  = 28001
	noCreateSession  = 1045
	unknownAlias     = 12154
	unknownSID       = 12505
	unknownService   = 12514
	noListener       = 12541
	connectTimeout   = 12170
	hostUnreachable  = 12543
	hostUnknown      = 12545
	connectionClosed = 12537
	notOpen          = 1109
	notAvailable     = 1034
	starting         = 1033
	weakEncryption   = 12269
)

// noMoreSessions are the error codes of a database that accepts no more sessions.
var noMoreSessions = []int{18, 20, 2391, 12516, 12519, 12520}

var oraCode = regexp.MustCompile(`ORA-(\d{5})`)

// codeOf returns the first Oracle error code in an error's text, or 0. Each driver has its own error type, but all of them
// print the code.
func codeOf(err error) int {
	if err == nil {
		return 0
	}
	m := oraCode.FindStringSubmatch(err.Error())
	if m == nil {
		return 0
	}
	code, _ := strconv.Atoi(m[1]) // cannot fail: the pattern allows only digits
	return code
}

// noAccess reports whether Oracle denies access to an object. Oracle reports a missing privilege in the same way as a
// missing object.
func noAccess(err error) bool {
	code := codeOf(err)
	return code == noSuchTable || code == noPrivilege
}

// connectionFinding returns the finding that explains why the first statement failed.
func (s *session) connectionFinding(err error) Finding {
	f := Finding{Assessment: "oralake-connection", Severity: Failed}
	if s.explain != nil {
		if text, fix, known := s.explain(err); known {
			f.Text, f.Fix = text+": "+firstLine(err), fix
			return f
		}
	}
	const network = "check that the function's security group allows the database's port, that the database's firewall and " +
		"listener accept the connection, and that the secret has the right host and port"
	switch code := codeOf(err); code {
	case wrongPassword:
		f.Text, f.Fix = "Oracle refuses the user or the password", "write the right username and password into the secret"
	case accountLocked:
		f.Text, f.Fix = "the user's account is locked", "ALTER USER name ACCOUNT UNLOCK"
	case passwordExpired:
		f.Text, f.Fix = "the user's password has expired", "ALTER USER name IDENTIFIED BY new_password, and the same in the secret"
	case noCreateSession:
		f.Text, f.Fix = "the user may not log in", "GRANT CREATE SESSION TO name"
	case unknownAlias, unknownSID, unknownService:
		f.Text = "the listener has no service of this name"
		f.Fix = "write the service name that `lsnrctl services` shows: source: {database: NAME}"
	case noListener, connectTimeout, hostUnreachable, hostUnknown, connectionClosed:
		f.Text, f.Fix = "the database cannot be reached", network
	case weakEncryption: // from go-ora, if the database requires native encryption
		f.Text, f.Fix = "the database requires an encryption that the driver does not have", "source: {driver: godror}"
	case notOpen, notAvailable, starting:
		f.Text, f.Fix = "the database is not open", "ALTER DATABASE OPEN"
	default:
		f.Text = "the first query failed"
		if slices.Contains(noMoreSessions, code) {
			f.Text, f.Fix = "the database accepts no more sessions", "end some sessions, or raise SESSIONS, PROCESSES or the user's SESSIONS_PER_USER"
		} else if errors.Is(err, errSlow) || errors.Is(err, context.DeadlineExceeded) {
			f.Text, f.Fix = "the database does not answer in time", network
		} else if isNetwork(err) {
			f.Text, f.Fix = "the database cannot be reached", network
		}
	}
	f.Text += fmt.Sprintf(": %s", firstLine(err))
	return f
}

// isNetwork reports whether an error comes from Go's net package. A driver without a client library returns such errors.
func isNetwork(err error) bool {
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) {
		return true
	}
	text := err.Error()
	return strings.HasSuffix(text, "EOF") || slices.ContainsFunc(
		[]string{"connection refused", "connection reset", "no route to host", "i/o timeout", "no such host"},
		func(s string) bool { return strings.Contains(text, s) })
}

// firstLine returns the first line of an error. Oracle and its drivers add many lines of explanation.
func firstLine(err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return line
}
