package dms

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/oralake/oralake/test/aws/dms/target"
	"github.com/oralake/oralake/test/oracledb"
)

// suspension is why a table is suspended for its rows, which a policy of their own decides.
type suspension struct {
	error
	stopTask bool
}

func (s *suspension) Unwrap() error { return s.error }

// badRow decides what becomes of a row of a table that cannot be written: nil leaves it out, and counts it in bads. DMS
// documents the counter of DataErrorEscalationCount for IGNORE_RECORD; here a logged error counts, too.
func (l *load) badRow(table oracledb.Table, bads *int, err error) error {
	behavior := l.settings.ErrorBehavior
	policy := behavior.DataErrorPolicy
	switch {
	case errors.Is(err, target.ErrLOBTruncated):
		policy = stopTask
	case errors.Is(err, target.ErrTruncated):
		policy = behavior.DataTruncationErrorPolicy
	}
	if policy == ignoreRecord || policy == logError {
		l.s.mu.Lock()
		defer l.s.mu.Unlock()
		*bads++
		if policy == logError {
			l.s.write(l.task, targetLoad, warningLevel, "A record of table '%s'.'%s' is left out: %v",
				table.Schema, table.Name, err)
		}
		if limit := behavior.DataErrorEscalationCount; limit == 0 || *bads < limit {
			return nil
		}
		policy = behavior.DataErrorEscalationPolicy
		err = fmt.Errorf("%d records with errors, as many as DataErrorEscalationCount allows; the last one: %w", *bads, err)
	}
	return &suspension{err, policy == stopTask}
}

// reportCut logs how many values of a table were cut.
func (l *load) reportCut(table oracledb.Table, cut map[string]int) {
	l.locked(func() {
		for _, column := range slices.Sorted(maps.Keys(cut)) {
			l.s.write(l.task, sourceUnload, warningLevel, "Table '%s'.'%s', column %s: %d values were truncated.",
				table.Schema, table.Name, column, cut[column])
		}
	})
}

// suspend ends a table that failed, and says with what error the run ends if the policies say that it does.
// TableErrorEscalationCount counts the errors of one table, and a table has one at most in a run. The caller holds the
// lock.
func (l *load) suspend(table oracledb.Table, stats *tableStats, err error) error {
	stats.set(tableError)
	stats.held = false
	behavior := l.settings.ErrorBehavior
	stop := behavior.TableErrorPolicy == stopTask || behavior.TableErrorEscalationCount == 1
	var rows *suspension
	if errors.As(err, &rows) {
		stop = rows.stopTask
	}
	l.s.write(l.task, taskManager, failureLevel, "Table '%s'.'%s' was suspended: %v", table.Schema, table.Name, err)
	if !stop {
		return nil
	}
	return fmt.Errorf("task stopped by an error of table %s: %w", table, err)
}
