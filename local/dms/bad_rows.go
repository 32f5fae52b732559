package dms

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/oralake/oralake/local/dms/target"
)

// suspension is why a table is suspended for its rows, which a policy of their own decides.
type suspension struct {
	error
	stopTask bool
}

func (s *suspension) Unwrap() error { return s.error }

// bad decides what becomes of a row that cannot be written: nil leaves it out. DMS documents the counter of
// DataErrorEscalationCount for IGNORE_RECORD; here a logged error counts, too.
func (t *tableLoad) bad(err error) error {
	behavior := t.settings.ErrorBehavior
	policy := behavior.DataErrorPolicy
	switch {
	case errors.Is(err, target.ErrLOBTruncated):
		policy = stopTask
	case errors.Is(err, target.ErrTruncated):
		policy = behavior.DataTruncationErrorPolicy
	}
	if policy == ignoreRecord || policy == logError {
		t.s.mu.Lock()
		defer t.s.mu.Unlock()
		t.bads++
		if policy == logError {
			t.s.write(t.task, targetLoad, warningLevel, "A record of table '%s'.'%s' is left out: %v",
				t.selected.Table.Schema, t.selected.Table.Name, err)
		}
		if limit := behavior.DataErrorEscalationCount; limit == 0 || t.bads < limit {
			return nil
		}
		policy = behavior.DataErrorEscalationPolicy
		err = fmt.Errorf("%d records with errors, as many as DataErrorEscalationCount allows; the last one: %w", t.bads, err)
	}
	return &suspension{err, policy == stopTask}
}

// reportCut logs how many values of a segment were cut.
func (t *tableLoad) reportCut(cut map[string]int) {
	t.locked(func() {
		for _, column := range slices.Sorted(maps.Keys(cut)) {
			t.s.write(t.task, sourceUnload, warningLevel, "Table '%s'.'%s', column %s: %d values were truncated.",
				t.selected.Table.Schema, t.selected.Table.Name, column, cut[column])
		}
	})
}

// suspended ends a table that failed, and the run if the policies say so. TableErrorEscalationCount counts the errors of
// one table, and a table has one at most in a run. The caller holds the lock.
func (t *tableLoad) suspended(fail context.CancelCauseFunc) {
	t.stats.set(tableError)
	behavior := t.settings.ErrorBehavior
	stop := behavior.TableErrorPolicy == stopTask || behavior.TableErrorEscalationCount == 1
	var rows *suspension
	if errors.As(t.error, &rows) {
		stop = rows.stopTask
	}
	t.s.write(t.task, taskManager, failureLevel, "Table '%s'.'%s' was suspended: %v",
		t.selected.Table.Schema, t.selected.Table.Name, t.error)
	if stop {
		fail(fmt.Errorf("task stopped by an error of table %s: %w", t.selected.Table, t.error))
	}
}
