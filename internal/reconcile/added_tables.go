package reconcile

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
)

// compareTables compares the job's tables with the mappings that the task has in DMS. added lists the tables that the task does
// not follow yet. changed lists the tables that it follows with other filters, columns or names in the lake. Both are empty for a
// task that never ran: none of its tables has rows in the lake.
func (f *follower) compareTables(ctx context.Context, d dms.Description) (added, changed []string, err error) {
	if d.StartedAt.IsZero() {
		return nil, nil, nil
	}
	mappings, err := dms.Mappings(ctx, f.DMS, d)
	if err == nil {
		added, changed, err = f.compareMappings(mappings)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("compare the tables of replication task %s with those of the job: %w", d.ID, err)
	}
	return added, changed, nil
}

// compareMappings finds the tables of the job that earlier mappings do not select, and those that they select in another form.
func (f *follower) compareMappings(mappings []byte) (added, changed []string, err error) {
	followed, err := manifest.SelectedTables(mappings)
	if err != nil {
		return nil, nil, err
	}
	changed, err = manifest.ChangedTables(mappings, []byte(f.spec.Mappings))
	return without(f.job.Tasks[0].Tables, followed), changed, err
}

// noteTablesWithoutTask notes added and changed tables in the state of a cdc job that has no task: the job is paused, its task was
// replaced, or somebody has deleted it. Without a task there are no mappings in DMS to compare with, so it compares with the
// manifest of the last task. Without this note, no task would ever load an added table: a cdc task loads nothing. It returns the
// tables (SCHEMA.TABLE) that the last task followed, too.
func (f *follower) noteTablesWithoutTask(ctx context.Context) (kept []string, err error) {
	last := f.state.Manifest
	if last == nil || f.job.Type != department.CDC {
		return nil, nil // A new job starts as the file says. A full-load-and-cdc task loads all tables.
	}
	all := without(f.job.Tasks[0].Tables, nil)
	before, err := run.LoadJob(ctx, f.Documents, contract.Address(*last), run.Request{Job: f.job.Name})
	if run.IsTransient(err) {
		return nil, err
	}
	var added, changed []string
	if err == nil {
		added, changed, err = f.compareMappings(before.Tasks[0].Mappings)
	}
	if err != nil {
		// Somebody has deleted the manifest, or another version has written it. To load a table once more loses nothing.
		f.log.Warn("the manifest of the last task cannot be read: all tables count as added", "task", f.spec.ID, "reason", err.Error())
		if f.job.Backfill != nil && *f.job.Backfill {
			f.noteTables(all, nil)
		}
		return all, nil
	}
	if err := f.mustSayBackfill(added); err != nil {
		return nil, err
	}
	f.noteTables(added, changed)
	return slices.DeleteFunc(all, func(name string) bool { return slices.Contains(added, name) }), nil
}

// mustSayBackfill is the error of tables that are added to a cdc job whose file does not say whether they are loaded.
func (f *follower) mustSayBackfill(added []string) error {
	if f.job.Type != department.CDC || len(added) == 0 || f.job.Backfill != nil {
		return nil
	}
	return fmt.Errorf("tables %s are added to job %s, which loads no tables: write in the department's file whether the tables are "+
		"loaded once (backfill: true) or only their changes from now on are captured (backfill: false)", joinNames(added), f.job.Name)
}

// noteTables updates the job's state before the task gets other tables. It notes which added tables need a load, and that changed
// tables diverge: their rows in the lake keep the old filters, columns and names. It removes tables that the job no longer has.
func (f *follower) noteTables(added, changed []string) {
	switch {
	case f.job.Type == department.FullLoadAndCDC:
		f.state.AwaitingLoad = union(f.state.AwaitingLoad, added)
	case len(added) > 0 && *f.job.Backfill:
		f.state.Backfill = union(f.state.Backfill, added)
	}
	f.pruneTables()
	for _, name := range changed {
		f.state.Diverge(name, "the department's file has changed its filters, its excluded columns or its name in the lake: rows already "+
			"in the lake keep the old ones")
	}
}

// pruneTables removes from the job's state the tables that the job no longer has. Their files stay in the lake.
func (f *follower) pruneTables() {
	removed := func(name string) bool { return !f.hasTable(name) }
	f.state.AwaitingLoad = slices.DeleteFunc(f.state.AwaitingLoad, removed)
	f.state.Backfill = slices.DeleteFunc(f.state.Backfill, removed)
	maps.DeleteFunc(f.state.Diverged, func(name, _ string) bool { return removed(name) })
	maps.DeleteFunc(f.state.DDLSeen, func(name string, _ records.DDL) bool { return removed(name) })
	maps.DeleteFunc(f.state.Loads, func(name string, _ records.TableLoad) bool { return removed(name) })
}

// hasTable says that the job has a table, named SCHEMA.TABLE.
func (f *follower) hasTable(name string) bool {
	return slices.ContainsFunc(f.job.Tasks[0].Tables, func(t manifest.Table) bool { return t.String() == name })
}

// without returns the names, SCHEMA.TABLE, of the tables that are not in others.
func without(tables, others []manifest.Table) (names []string) {
	for _, t := range tables {
		same := func(o manifest.Table) bool { return o.String() == t.String() }
		if !slices.ContainsFunc(others, same) {
			names = append(names, t.String())
		}
	}
	return names
}

// union returns names with those of more that it does not have.
func union(names, more []string) []string {
	for _, name := range more {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// joinNames joins names for a log line or an error, at most ten of them.
func joinNames(names []string) string {
	const maxNames = 10
	if more := len(names) - maxNames; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNames], ", "), more)
	}
	return strings.Join(names, ", ")
}
