package dms

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/oralake/oralake/test/aws/dms/target"
	"github.com/oralake/oralake/test/oracledb"
)

// suspension is the error of a table that is suspended because of bad rows. stopTask is true when the policy for rows
// also stops the task.
type suspension struct {
	error
	stopTask bool
}

func (s *suspension) Unwrap() error { return s.error }

// badRow applies the error policies to a row that cannot be written. It returns nil when the row is left out, and counts
// the row in bads. Otherwise it returns a *suspension. DMS documents that DataErrorEscalationCount counts records of
// IGNORE_RECORD. Here it also counts logged errors.
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

// reportCut logs the number of truncated values of each column of a table.
func (l *load) reportCut(table oracledb.Table, cut map[string]int) {
	l.locked(func() {
		for _, column := range slices.Sorted(maps.Keys(cut)) {
			l.s.write(l.task, sourceUnload, warningLevel, "Table '%s'.'%s', column %s: %d values were truncated.",
				table.Schema, table.Name, column, cut[column])
		}
	})
}

// suspend sets the state of a failed table to "Table error". It returns an error when the error policies stop the task.
// TableErrorEscalationCount counts the errors of one table, and a table has at most one error in a run. The caller holds
// the lock.
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
