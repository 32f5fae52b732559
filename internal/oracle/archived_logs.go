package oracle

import (
	"cmp"
	"database/sql"
	"maps"
	"slices"
)

// archivedBranch reads the archived logs. An open thread of a cluster (RAC) writes its own logs, and DMS needs those of all
// threads. Archived logs at a standby are ignored: they are on another machine, and Oracle never marks them as deleted.
//
// hours is the age of the oldest log that is there, and gone the age of the end of the newest one that is not. A deleted log keeps
// its row until the control file needs the place.
var archivedBranch = redoBranch{kind: "archived", query: query{
	name: "archived logs", text: `SELECT 'archived' AS kind, dest_id AS n,
  (SYSDATE - MIN(CASE WHEN deleted = 'NO' AND status = 'A' THEN first_time END)) * 24 AS hours, thread# AS thread,
  (SYSDATE - MAX(CASE WHEN deleted <> 'NO' OR status <> 'A' THEN next_time END)) * 24 AS gone
  FROM v$archived_log WHERE standby_dest = 'NO' GROUP BY dest_id, thread#`,
	objects: []string{"V_$ARCHIVED_LOG"}, loses: "how long archived redo logs are kept",
}}

// redoRow is a row of a redoBranch.
type redoRow struct {
	kind        string
	n           whole
	thread      int64
	hours, gone sql.NullFloat64
}

func scanRedo(r *sql.Rows) (row redoRow, err error) {
	var kind text
	var thread whole
	err = r.Scan(&kind, &row.n, &row.hours, &thread, &row.gone)
	row.kind, row.thread = kind.String, thread.Int64
	return row, err
}

// texts returns the texts of branches.
func texts(branches []redoBranch) []string {
	all := make([]string, len(branches))
	for i, b := range branches {
		all[i] = b.text
	}
	return all
}

// archivedLogs are the archived redo logs of a database by destination, and in a destination by thread.
type archivedLogs map[int64]map[int64]threadLogs

// threadLogs are the archived logs of one thread in one destination, as archivedBranch reads them.
type threadLogs struct{ hours, gone sql.NullFloat64 }

func (l archivedLogs) add(row redoRow) {
	id := row.n.Int64
	if l[id] == nil {
		l[id] = map[int64]threadLogs{}
	}
	l[id][row.thread] = threadLogs{row.hours, row.gone}
}

// oldest returns the age of the oldest log of a destination, in hours, whatever its thread. kept is false if there is none.
func (l archivedLogs) oldest(destination int64) (hours float64, kept bool) {
	for _, t := range l[destination] {
		if t.hours.Valid {
			hours, kept = max(hours, t.hours.Float64), true
		}
	}
	return hours, kept
}

// reach returns how many hours ago the redo log of a destination begins that has no gap since then in any thread. allKept says that
// the database knows of no log that was deleted: then its redo log may have begun to be archived at that time. known is false if
// the database knows of no log at all.
//
// A thread without a log that is there limits the reach to the end of its last log: it was closed then, or its logs are deleted as
// soon as they are written.
func (l archivedLogs) reach(destination int64) (hours float64, allKept, known bool) {
	allKept = true
	for _, t := range l[destination] {
		begins := t.hours
		if !begins.Valid {
			begins = t.gone
		}
		switch deleted := t.gone.Valid; {
		case !begins.Valid:
			continue
		case deleted && allKept: // The first thread that limits the reach.
			hours, allKept = begins.Float64, false
		case deleted:
			hours = min(hours, begins.Float64)
		case allKept: // A thread that came later has shorter logs, and misses none.
			hours = max(hours, begins.Float64)
		}
		known = true
	}
	return max(hours, 0), allKept, known
}

// destinations returns the destinations that have logs.
func (l archivedLogs) destinations() []int64 {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(l)), func(d int64) bool {
		_, kept := l.oldest(d)
		return !kept
	})
}

// longest returns the destination with the oldest log. There must be one.
func (l archivedLogs) longest() int64 {
	return slices.MaxFunc(l.destinations(), func(a, b int64) int {
		first, _ := l.oldest(a)
		second, _ := l.oldest(b)
		return cmp.Compare(first, second)
	})
}
