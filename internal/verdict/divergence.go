package verdict

import (
	"fmt"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// LoadedTables lists the tables, SCHEMA.TABLE, that a run of a job that follows changes has loaded with success. reload says
// which tables the run should load; nil means none. v is the verdict of the task that loaded them. ownTask says that this task only
// loads: it is not the one that follows the changes.
func LoadedTables(reload *dms.TableReload, ownTask bool, v Verdict) (names []string) {
	if reload == nil {
		return nil
	}
	loaded := reload.Done
	if ownTask {
		loaded = reload.Tables
	}
	for _, t := range v.Tables {
		if t.Good && slices.Contains(loaded, t.String()) {
			names = append(names, t.String())
		}
	}
	return names
}

// Diverge notes in the job's state that DMS has stopped replicating a table: changes since then are missing. DMS does not document
// whether it follows such a table again after a resume.
func Diverge(state *records.JobState, s dms.TableStatistics, now time.Time) {
	if s.GivenUp() {
		state.Diverge(s.String(), "DMS has stopped replicating it ("+s.State+"), noticed at "+now.UTC().Format(time.RFC3339)+
			": changes since then are missing")
	}
}

// AwaitLoad checks the first load of a table that was added to a full-load-and-cdc job. The job's state lists the table until DMS
// reports its load. AwaitLoad fails the table in v if DMS follows it without having loaded it: DMS does not document that a
// resumed task loads the tables that were added to it.
func AwaitLoad(state *records.JobState, v *Verdict, t Table) {
	name := t.String()
	if !slices.Contains(state.AwaitingLoad, name) {
		return
	}
	if t.Statistics.Loaded() {
		state.AwaitingLoad = slices.DeleteFunc(state.AwaitingLoad, func(other string) bool { return other == name })
		return
	}
	if t.Good && !t.Statistics.Loading() && t.Statistics.State != dms.TableQueued {
		v.MarkFailed(name, NeverLoaded, "DMS follows its changes and has not loaded it, although it was added to a job of type "+
			string(department.FullLoadAndCDC)+"; reload it with a run of the job")
	}
}

// MarkDiverged fails the tables of v of which rows are missing or on which DDL ran, as the job's state says. The two have their
// own fixes: only a load brings rows back, and a person may accept DDL that was harmless.
func MarkDiverged(state *records.JobState, v *Verdict, job string) {
	for _, t := range v.Tables {
		if why, ok := state.Diverged[t.String()]; ok {
			v.MarkFailed(t.String(), RowsMissing, "rows may be missing or wrong: "+why+"; "+reloadAdvice(job, t.String()))
		}
		if ddl, ok := state.DDLSeen[t.String()]; ok {
			v.MarkFailed(t.String(), DDLSeen, ddlReason(ddl, job, t.String()))
		}
	}
}

func reloadAdvice(job, table string) string {
	return fmt.Sprintf(`reload it with {"job": %q, "reload": [%q]}`, job, table)
}

// Changes returns the changes of a table that DMS has captured since its task was created.
func Changes(s dms.TableStatistics) records.Changes {
	return records.Changes{Inserts: s.Inserts, Updates: s.Updates, Deletes: s.Deletes, DDLs: s.DDLs}
}
