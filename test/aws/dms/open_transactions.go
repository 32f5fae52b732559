package dms

import (
	"context"
	"time"
)

// errTransactionOpen is the error of a task that does not start without the changes of an open transaction. The text of AWS is
// not public.
const errTransactionOpen verbatim = "A transaction that was open when the task started was not closed within " +
	"TransactionConsistencyTimeout, and FailOnTransactionConsistencyBreached is true"

// awaitTransactions waits before a full load until the transactions have ended that were open at the start of the run, whatever
// their tables are: their changes are then in the load, and the capture misses them. After TransactionConsistencyTimeout the
// load begins without them, unless FailOnTransactionConsistencyBreached fails the task
// (CHAP_Tasks.CustomizingTasks.TaskSettings.FullLoad and .ErrorHandling; CHAP_Troubleshooting, "Records missing during full load").
// A full-load task does not wait.
func (l *load) awaitTransactions() error {
	if l.capture == nil || len(l.tables) == 0 || len(l.open) == 0 {
		return nil
	}
	limit := time.Duration(l.settings.FullLoadSettings.TransactionConsistencyTimeout) * time.Second
	l.locked(func() {
		l.s.write(l.task, sourceCapture, infoLevel, "%d transactions are open: the full load waits for them for at most %s.", len(l.open), limit)
	})
	timeout := time.NewTimer(l.s.clock.Real(limit))
	defer timeout.Stop()
	for _, tx := range l.open {
		select {
		case <-tx.Ended():
		case <-l.ctx.Done():
			return context.Cause(l.ctx)
		case <-timeout.C:
			if l.settings.ErrorBehavior.FailOnTransactionConsistencyBreached {
				return errTransactionOpen
			}
			l.locked(func() {
				l.s.write(l.task, sourceCapture, warningLevel, "A transaction is still open. Its changes are not captured.")
			})
			return nil
		}
	}
	return nil
}
