package oracle

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// session runs the statements of one check, and counts them. All arguments are named (sql.Named).
type session struct {
	db      Pool
	limit   time.Duration // the time limit of each statement, with its fetches
	explain func(error) (text, fix string, known bool)
	release release // of the database; zero if it is not known
	queries int
}

// rows runs a statement of the catalogue, whose text may be completed, and calls scan for each row. The error is errSlow if the statement took longer than the limit. rows
// returns then even if the driver does not: go-ora takes no context for the fetches after the first.
func (s *session) rows(ctx context.Context, q query, args []any, scan func(*sql.Rows) error) error {
	s.queries++
	ctx, cancel := context.WithTimeoutCause(ctx, s.limit, errSlow)
	defer cancel()
	var mu sync.Mutex // guards the calls of scan
	guarded := func(r *sql.Rows) error {
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return scan(r)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.read(ctx, q.tagged(), args, guarded) }()
	select {
	case err := <-ended:
		if err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	case <-ctx.Done():
		mu.Lock() // a call of scan may still run; none begins after it
		defer mu.Unlock()
		return context.Cause(ctx)
	}
}

func (s *session) read(ctx context.Context, text string, args []any, scan func(*sql.Rows) error) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	rows, err := conn.QueryContext(ctx, text, args...)
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

// mostRepeats is the largest number of statements that union adds to find the branches that Oracle refuses.
const mostRepeats = 64

// union runs branches as one statement of the catalogue (UNION ALL). Oracle refuses the whole statement if it refuses one branch, such as one
// that reads a table without a grant. Then union runs halves of it, until it knows the branches that Oracle refuses. It
// returns their errors by their index in branches: an unclear one for a branch of a refused statement that was not split any
// more. scan may see the rows of a branch twice.
//
// The error err is of a statement that failed for another reason, such as its time. That statement is not repeated.
func (s *session) union(ctx context.Context, q query, branches []string, scan func(*sql.Rows) error) (refused map[int]error, err error) {
	refused = map[int]error{}
	repeats := 0
	var run func(from, to int) error
	run = func(from, to int) error {
		err := s.rows(ctx, q.with(unionAll(branches[from:to])), nil, scan)
		switch {
		case err == nil:
			return nil
		case !refusal(err):
			return err
		case to-from == 1:
			refused[from] = err
			return nil
		case repeats >= mostRepeats:
			for i := from; i < to; i++ {
				refused[i] = unclear{err}
			}
			return nil
		}
		repeats += 2
		middle := from + (to-from)/2
		if err := run(from, middle); err != nil {
			return err
		}
		return run(middle, to)
	}
	if len(branches) > 0 {
		err = run(0, len(branches))
	}
	return refused, err
}

func unionAll(branches []string) string { return strings.Join(branches, "\nUNION ALL ") }

// unclear is the error of a statement with several branches: which of them Oracle refuses is not known.
type unclear struct{ error }

var errSlow = errors.New("the query took too long and was stopped")

// maxList is the largest number of expressions in one IN list of Oracle (ORA-01795).
const maxList = 1000

// maxNames is the largest number of tables that a statement selects by name. For more tables the statement reads whole
// schemas, and the check ignores rows of other tables: long lists cost Oracle more than rows.
const maxNames = 500

// selected matches the place of the condition that selects the job's tables, {OWNER, TABLE}, or all tables of their schemas, {OWNER, *}.
var selected = regexp.MustCompile(`\{(\w+), ([^{}]+)\}`)

// forTables returns the statement for some tables, with its arguments. Each argument has its own name, because drivers bind
// a name that appears twice in different ways.
func (q query) forTables(tables []Table) (text string, args []any) {
	owners, names := map[string]bool{}, map[string]bool{}
	for _, t := range tables {
		owners[t.Schema], names[t.Name] = true, true
	}
	text = selected.ReplaceAllStringFunc(q.text, func(place string) string {
		columns := selected.FindStringSubmatch(place)
		condition := in(columns[1], "o", owners, &args)
		if columns[2] != "*" && len(names) <= maxNames {
			condition += " AND " + in(columns[2], "t", names, &args)
		}
		return condition
	})
	return text, args
}

// of returns the statement for a release of Oracle.
func (q query) of(r release) query {
	for _, n := range q.newer {
		if r.before(n.since) {
			q.text = strings.Replace(q.text, n.column, n.instead, 1)
		}
	}
	return q
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
	text, args := q.of(s.release).forTables(tables)
	return s.rows(ctx, q.with(text), args, scan)
}
