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
	limit   time.Duration // of each statement
	explain func(error) (text, fix string, known bool)
	queries int
}

// rows runs a statement and hands each row to scan.
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

var errSlow = errors.New("the query took too long and was given up")

// maxList is how many expressions Oracle takes in one IN list (ORA-01795).
const maxList = 1000

// maxNames is how many tables are picked by name. Of more, whole schemas are read, and the rest is left aside: long
// lists cost Oracle more than rows do.
const maxNames = 500

// where is the condition that picks tables, with its arguments. Each argument is used once, since drivers disagree on
// what a name means that stands twice.
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

// Oracle's error codes that mean something here.
const (
	noSuchTable      = 942
	noSuchColumn     = 904
	noPrivilege      = 1031
	badContext       = 2003
	snapshotTooOld   = 1555
	badSCN           = 8181
	tableChanged     = 1466 // its definition is younger than the SCN
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

// Oracle's codes of a database that is full.
var noMoreSessions = []int{18, 20, 2391, 12516, 12519, 12520}

var oraCode = regexp.MustCompile(`ORA-(\d{5})`)

// codeOf is the first of Oracle's codes in an error; 0 if it has none. Each driver has a type of its own for errors, but
// all of them print the code.
func codeOf(err error) int {
	if err == nil {
		return 0
	}
	m := oraCode.FindStringSubmatch(err.Error())
	if m == nil {
		return 0
	}
	code, _ := strconv.Atoi(m[1]) // five digits are a number
	return code
}

// hidden says that Oracle denies the existence of a view or its use, which it does alike.
func hidden(err error) bool {
	code := codeOf(err)
	return code == noSuchTable || code == noPrivilege
}

// connecting is why the first statement failed, as a finding.
func (s *session) connecting(err error) Finding {
	f := Finding{Assessment: "oralake-connection", Severity: Failed}
	if s.explain != nil {
		if text, fix, known := s.explain(err); known {
			f.Text, f.Fix = text+": "+firstLine(err), fix
			return f
		}
	}
	const network = "let the security group of the function reach the database's port, the database's firewall and " +
		"listener answer it, and host and port of the secret be right"
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
		f.Text = "the listener knows no service of this name"
		f.Fix = "write the service name that `lsnrctl services` shows: source: {database: NAME}"
	case noListener, connectTimeout, hostUnreachable, hostUnknown, connectionClosed:
		f.Text, f.Fix = "the database cannot be reached", network
	case weakEncryption: // of go-ora, where the database demands native encryption
		f.Text, f.Fix = "the database wants another encryption than the driver has", "source: {driver: godror}"
	case notOpen, notAvailable, starting:
		f.Text, f.Fix = "the database is not open", "ALTER DATABASE OPEN"
	default:
		f.Text = "the database cannot be asked"
		if slices.Contains(noMoreSessions, code) {
			f.Text, f.Fix = "the database takes no more sessions", "end some, or raise SESSIONS, PROCESSES or the user's SESSIONS_PER_USER"
		} else if errors.Is(err, errSlow) || errors.Is(err, context.DeadlineExceeded) {
			f.Text, f.Fix = "the database does not answer in time", network
		} else if isNetwork(err) {
			f.Text, f.Fix = "the database cannot be reached", network
		}
	}
	f.Text += fmt.Sprintf(": %s", firstLine(err))
	return f
}

// isNetwork recognizes the errors of Go's own network, which a driver without a client library returns.
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

// firstLine is an error without the pages that Oracle and its drivers add.
func firstLine(err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return line
}
