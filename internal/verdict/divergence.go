package verdict

import (
	"fmt"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// LoadedTables are the tables that a run of a job which follows changes has loaded with success. v and statistics are those of
// the task that loaded them; ownTask says that this is not the task that follows the changes.
func LoadedTables(reload *dms.TableReload, ownTask bool, v Verdict, statistics []dms.TableStatistics) (names []string) {
	if reload == nil || !ownTask && reload.ReloadedAt.IsZero() {
		return nil
	}
	var pending []string
	if !ownTask {
		pending = reload.Pending(statistics)
	}
	for _, t := range v.Tables {
		if t.Good && slices.Contains(reload.Tables, t.String()) && !slices.Contains(pending, t.String()) {
			names = append(names, t.String())
		}
	}
	return names
}

// Diverge notes in the job's state why a followed table may differ from its source: DDL ran on it since before was counted, or
// DMS gave it up. Whether DMS follows such a table again after a resume is not documented, and changes made meanwhile would be
// missing.
func Diverge(state *records.JobState, t Table, before records.Changes, now time.Time) {
	at := now.UTC().Format(time.RFC3339)
	switch {
	case t.Statistics.GivenUp():
		state.Diverge(t.String(), "DMS gave it up ("+t.Statistics.State+"), noticed at "+at+": changes since then are missing")
	case Changes(t.Statistics).Since(before).DDLs > 0:
		state.Diverge(t.String(),
			"DDL was run on it at the source, noticed at "+at+": after a TRUNCATE or DROP the lake still holds what it had")
	}
}

// AwaitLoad checks the first load of a table that joined a full-load-and-cdc job: the table waits in the job's state until DMS
// reports the load. That a resumed task loads the tables that were added to it, and only those, is widely assumed and nowhere
// documented.
func AwaitLoad(state *records.JobState, v *Verdict, t Table) {
	name := t.String()
	if !slices.Contains(state.AwaitingLoad, name) {
		return
	}
	if t.Statistics.Loaded() {
		state.AwaitingLoad = slices.DeleteFunc(state.AwaitingLoad, func(other string) bool { return other == name })
		return
	}
	if t.Good && t.Statistics.Idle() {
		v.MarkFailed(name, NeverLoaded, "DMS follows its changes and has not loaded it, though it joined a job of type "+
			string(department.FullLoadAndCDC)+"; load it with a run that reloads it")
	}
}

// MarkDiverged fails the tables that the job's state calls diverged.
func MarkDiverged(state *records.JobState, v *Verdict, job string) {
	for _, t := range v.Tables {
		if why, ok := state.Diverged[t.String()]; ok {
			v.MarkFailed(t.String(), Diverged, fmt.Sprintf(`diverged: %s; reload it with {"job": %q, "reload": [%q]}`,
				why, job, t.String()))
		}
	}
}

// Changes are the changes of a table that DMS has counted.
func Changes(s dms.TableStatistics) records.Changes {
	return records.Changes{Inserts: s.Inserts, Updates: s.Updates, Deletes: s.Deletes, DDLs: s.DDLs}
}
