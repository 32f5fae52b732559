package oracledb

import (
	"cmp"
	"slices"
	"time"
)

// Archiving is how a database archives its redo log.
type Archiving struct {
	// Since is the time of the first change in the oldest archived log that was ever written. The log of that time was archived at
	// once; an online log is archived after Every.
	Since time.Time
	Every time.Duration
	// Keep is how long an archived log is kept; 0 keeps all.
	Keep time.Duration
}

// defaultEvery is how often a database archives an online log.
const defaultEvery = time.Hour

// Archive changes how the database archives its redo log: from now on, and looking back. Until then it archives since its first
// use, and keeps all logs. The changes in logs that are not kept are lost, as after ForgetBefore.
func (d *Database) Archive(a Archiving) {
	d.log.mu.Lock()
	defer d.log.mu.Unlock()
	d.log.archiving = a
	d.log.deleteExpired(time.Now())
}

// archivedLog is a row of V$ARCHIVED_LOG.
type archivedLog struct {
	First   float64 `json:"first"` // FIRST_TIME, in days: see julianDay
	Next    float64 `json:"next"`  // NEXT_TIME
	Deleted bool    `json:"deleted"`
}

// archivedLogs returns the logs that have been archived, the oldest first.
func (d *Database) archivedLogs() (all []archivedLog) {
	l := &d.log
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.archivedUntil(time.Now()) {
		all = append(all, archivedLog{First: julianDay(a.first), Next: julianDay(a.next), Deleted: a.deleted})
	}
	return all
}

// archived is an archived log: it has the changes from first on that were made before next.
type archived struct {
	first, next time.Time
	deleted     bool
}

// archivedUntil lists the logs that have been archived. ForgetBefore cuts a log in two: the part before is deleted. The caller
// holds the lock.
func (l *redoLog) archivedUntil(now time.Time) (all []archived) {
	a := &l.archiving
	if a.Since.IsZero() || a.Since.After(now) {
		a.Since = now
	}
	every := cmp.Or(a.Every, defaultEvery)
	all = append(all, archived{first: a.Since, next: a.Since})
	for first := a.Since; !first.Add(every).After(now); first = first.Add(every) {
		log := archived{first: first, next: first.Add(every)}
		if cut := l.deletedUntil; cut.After(log.first) && cut.Before(log.next) {
			all = append(all, archived{first: log.first, next: cut})
			log.first = cut
		}
		all = append(all, log)
	}
	for i, log := range all {
		expired := a.Keep > 0 && !log.next.Add(a.Keep).After(now)
		all[i].deleted = expired || !log.next.After(l.deletedUntil)
	}
	return all
}

// deleteExpired forgets the changes of archived logs that are kept no longer. The caller holds the lock.
func (l *redoLog) deleteExpired(now time.Time) {
	if l.archiving.Keep == 0 {
		return
	}
	for _, log := range slices.Backward(l.archivedUntil(now)) {
		if log.deleted {
			before, _ := slices.BinarySearchFunc(l.changes, log.next, func(c Change, at time.Time) int { return c.Commit.Compare(at) })
			l.forget(before)
			return
		}
	}
}

// forget removes the first n changes. The caller holds the lock.
func (l *redoLog) forget(n int) {
	if n == 0 {
		return
	}
	l.forgotten, l.forgottenAt = l.changes[n-1].SCN, l.changes[n-1].Commit
	l.changes = slices.Clone(l.changes[n:])
}
