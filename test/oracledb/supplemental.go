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

// supplemental holds the tables' supplemental logging: what a DBA adds to the redo log besides the changed values. Only
// the dictionary shows it; this redo log always has whole rows.
type supplemental struct {
	mu     sync.Mutex
	groups map[Table][]string // their types, as in ALL_LOG_GROUPS
}

func (s *supplemental) of(t Table) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.groups[t]
}

func (s *supplemental) copy() map[Table][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.groups)
}

// alterLogging matches the statement that starts or stops the supplemental logging of a table.
var alterLogging = regexp.MustCompile(`(?i)^\s*ALTER\s+TABLE\s+("[^"]+"|\w+)\.("[^"]+"|\w+)\s+` +
	`(ADD|DROP)\s+SUPPLEMENTAL\s+LOG\s+DATA\s*\((ALL|PRIMARY KEY)\)\s+COLUMNS\s*$`)

// alter runs ALTER TABLE ... ADD or DROP SUPPLEMENTAL LOG DATA (ALL or PRIMARY KEY) COLUMNS. As in Oracle, the
// statement must not end with a semicolon.
func (d *Database) alter(ctx context.Context, statement string) error {
	m := alterLogging.FindStringSubmatch(statement)
	if m == nil {
		return notHere(statement)
	}
	t := Table{identifier(m[1]), identifier(m[2])}
	if _, err := d.Columns(ctx, t); err != nil {
		return ErrNoTable
	}
	kind := strings.ToUpper(m[4]) + " COLUMN LOGGING"
	if kind != allColumns {
		kind = keyColumns
	}
	s := &d.supplemental
	s.mu.Lock()
	defer s.mu.Unlock()
	has := slices.Contains(s.groups[t], kind)
	switch adds := strings.EqualFold(m[3], "ADD"); {
	case adds && has:
		return fmt.Errorf("ORA-32588: supplemental logging attribute %s exists", strings.ToLower(m[4]))
	case !adds && !has:
		return fmt.Errorf("ORA-32587: Cannot drop nonexistent %s supplemental logging", strings.ToLower(m[4]))
	case adds:
		if s.groups == nil {
			s.groups = map[Table][]string{}
		}
		s.groups[t] = append(slices.Clone(s.groups[t]), kind)
	default:
		s.groups[t] = slices.DeleteFunc(slices.Clone(s.groups[t]), func(g string) bool { return g == kind })
	}
	return nil
}

const (
	allColumns = "ALL COLUMN LOGGING"
	keyColumns = "PRIMARY KEY LOGGING"
)

// identifier is a name as Oracle reads it: a name without quotes is in upper case.
func identifier(written string) string {
	if name, quoted := strings.CutPrefix(written, `"`); quoted {
		return strings.TrimSuffix(name, `"`)
	}
	return strings.ToUpper(written)
}
