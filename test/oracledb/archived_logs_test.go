package oracledb

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A database archives its redo log every hour, keeps the logs for as long as it is told, and shows both in V$ARCHIVED_LOG.
func TestArchivedLogs(t *testing.T) {
	const rows = `SELECT deleted, status, COUNT(*), ROUND(MAX((SYSDATE - first_time) * 24), 1), ROUND(MIN((SYSDATE - first_time) * 24), 1)
		FROM v$archived_log GROUP BY deleted, status ORDER BY deleted`
	db, d := oracle(t, oneColumn)
	synctest.Test(t, func(t *testing.T) {
		want := func(when, want string) {
			t.Helper()
			if got := lines(t, db, rows); got != want {
				t.Errorf("%s: %q, want %q", when, got, want)
			}
		}
		want("at first", "NO|A|1|0|0\n")
		change(t, d, "INSERT INTO HR.EMP VALUES (1)")
		time.Sleep(90 * time.Minute)
		want("after 90 minutes", "NO|A|2|1.5|1.5\n")
		change(t, d, "INSERT INTO HR.EMP VALUES (2)")
		time.Sleep(24 * time.Hour)
		want("after a day", "NO|A|26|25.5|1.5\n")
		began := time.Now().Add(-25*time.Hour - 30*time.Minute)
		d.Archive(Archiving{Since: began, Every: time.Hour, Keep: 24 * time.Hour})
		want("when a day is kept", "NO|A|24|24.5|1.5\nYES|D|2|25.5|25.5\n")
		if _, err := d.Changes(t.Context(), firstSCN, 9); !errors.Is(err, ErrNoLog) {
			t.Errorf("changes of a deleted log: %v, want %v", err, ErrNoLog)
		}
		if left, err := d.Changes(t.Context(), firstSCN+1, 9); err != nil || len(left) != 1 {
			t.Errorf("changes of the logs that are kept: %d, %v, want 1", len(left), err)
		}
		time.Sleep(time.Hour)
		want("an hour later", "NO|A|24|24.5|1.5\nYES|D|3|26.5|25.5\n")
		if _, err := d.Changes(t.Context(), firstSCN+1, 9); !errors.Is(err, ErrNoLog) {
			t.Errorf("changes of an expired log: %v, want %v", err, ErrNoLog)
		}
	})
}

// ForgetBefore deletes the logs before a change: V$ARCHIVED_LOG begins with the log of the first change that is left.
func TestForgottenLogs(t *testing.T) {
	db, d := oracle(t, oneColumn)
	synctest.Test(t, func(t *testing.T) {
		change(t, d, "INSERT INTO HR.EMP VALUES (1)")
		lines(t, db, `SELECT COUNT(*) FROM v$archived_log`)
		time.Sleep(90 * time.Minute)
		change(t, d, "INSERT INTO HR.EMP VALUES (2)")
		time.Sleep(time.Hour)
		d.ForgetBefore(firstSCN + 2)
		const kept = `SELECT ROUND((SYSDATE - MIN(first_time)) * 24, 1) FROM v$archived_log WHERE deleted = 'NO'`
		if got := lines(t, db, kept); got != "1\n" {
			t.Errorf("the oldest log is %s hours old, want the one that begins with the change an hour ago", got)
		}
	})
}
