package oracledb

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// supplemental holds the supplemental logging of the database and of its tables: which columns of a row an UPDATE writes to
// the redo log besides those that it changes (Oracle Database Utilities, "Supplemental Logging"). Minimal supplemental
// logging is always on, as LogMiner needs it.
type supplemental struct {
	mu       sync.Mutex
	database []string           // kinds of logging of all tables
	groups   map[Table][]string // kinds of logging of a table, as in ALL_LOG_GROUPS
}

// The kinds of supplemental logging, as ALL_LOG_GROUPS shows them.
const (
	allColumns = "ALL COLUMN LOGGING"
	keyColumns = "PRIMARY KEY LOGGING"
)

// of returns the kinds of logging of a table itself.
func (s *supplemental) of(t Table) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.groups[t]
}

// ofDatabase reports whether the database has a kind of logging for all tables.
func (s *supplemental) ofDatabase(kind string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.database, kind)
}

// logged returns which columns of a table an UPDATE writes to the redo log besides those that it changes.
func (s *supplemental) logged(t Table, columns []Column) loggedColumns {
	s.mu.Lock()
	defer s.mu.Unlock()
	has := func(kind string) bool { return slices.Contains(s.database, kind) || slices.Contains(s.groups[t], kind) }
	noKey := !slices.ContainsFunc(columns, func(c Column) bool { return c.Key > 0 })
	switch {
	case has(allColumns), has(keyColumns) && noKey: // without a key, Oracle logs all columns
		return logsAll
	case has(keyColumns):
		return logsKey
	default:
		return logsChanged
	}
}

// loggedColumns says which columns of a row an UPDATE writes to the redo log.
type loggedColumns int

const (
	logsChanged loggedColumns = iota // those that it changes
	logsKey                          // and the primary key
	logsAll
)

func (s *supplemental) copyTo(other *supplemental) {
	s.mu.Lock()
	defer s.mu.Unlock()
	other.database, other.groups = slices.Clone(s.database), maps.Clone(s.groups)
}

// forget removes the logging of a table that is dropped. A table that is created again has none.
func (s *supplemental) forget(t Table) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.groups, t)
}

// alterLogging matches the statements that start or stop supplemental logging of all tables or of one.
var alterLogging = regexp.MustCompile(`(?i)^\s*ALTER\s+(?:DATABASE|TABLE\s+("[^"]+"|\w+)\.("[^"]+"|\w+))\s+` +
	`(ADD|DROP)\s+SUPPLEMENTAL\s+LOG\s+DATA\s*(?:\((ALL|PRIMARY KEY)\)\s+COLUMNS)?\s*$`)

// Alter runs ALTER DATABASE or ALTER TABLE ... ADD or DROP SUPPLEMENTAL LOG DATA (ALL or PRIMARY KEY) COLUMNS. It changes
// what the redo log has of later transactions. As in Oracle, the statement must not end with a semicolon.
func (d *Database) Alter(ctx context.Context, statement string) error {
	m := alterLogging.FindStringSubmatch(statement)
	if m == nil {
		return notHere(statement)
	}
	ofTable, adds, columns := m[1] != "", strings.EqualFold(m[3], "ADD"), strings.ToUpper(m[4])
	t := Table{identifier(m[1]), identifier(m[2])}
	switch {
	case columns == "" && !ofTable && adds:
		return nil // minimal logging, which is on
	case columns == "":
		return notHere(statement)
	case ofTable:
		if _, err := d.Columns(ctx, t); err != nil {
			return ErrNoTable
		}
	}
	s := &d.supplemental
	s.mu.Lock()
	defer s.mu.Unlock()
	kinds := s.database
	if ofTable {
		kinds = s.groups[t]
	}
	kind := map[string]string{"ALL": allColumns, "PRIMARY KEY": keyColumns}[columns]
	switch has := slices.Contains(kinds, kind); {
	case adds && has && ofTable:
		return fmt.Errorf("ORA-32588: supplemental logging attribute %s exists", strings.ToLower(columns))
	case !adds && !has:
		return fmt.Errorf("ORA-32587: Cannot drop nonexistent %s supplemental logging", strings.ToLower(columns))
	case adds && !has:
		kinds = append(slices.Clone(kinds), kind)
	case !adds:
		kinds = slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return k == kind })
	}
	if !ofTable {
		s.database = kinds
		return nil
	}
	if s.groups == nil {
		s.groups = map[Table][]string{}
	}
	s.groups[t] = kinds
	return nil
}

// identifier is a name as Oracle reads it: a name without quotes is in upper case.
func identifier(written string) string {
	if name, quoted := strings.CutPrefix(written, `"`); quoted {
		return strings.TrimSuffix(name, `"`)
	}
	return strings.ToUpper(written)
}
