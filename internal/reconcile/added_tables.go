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

// tableChanges says how the tables of a job differ from those that a task follows. Tables are named SCHEMA.TABLE.
type tableChanges struct {
	added   []string // the task does not follow them yet
	changed []string // the task follows them with other filters, columns or names in the lake
	// returned are added tables that have left the task since its latest start, so DMS may still follow them. Those that come back in
	// another form are in changed, too.
	returned []string
	removed  map[string]records.LeftTable // the job does not have them any more
}

// compareTables compares the job's tables with the mappings that the task has in DMS. There is no difference for a task that never
// ran: none of its tables has rows in the lake.
func (f *follower) compareTables(ctx context.Context, d dms.Description) (c tableChanges, err error) {
	if d.StartedAt.IsZero() {
		return c, nil
	}
	mappings, err := dms.Mappings(ctx, f.DMS, d)
	if err == nil {
		c, err = f.compareMappings(mappings)
	}
	if err == nil {
		err = f.compareReturned(&c, d)
	}
	if err == nil {
		c.removed, err = f.removedTables(mappings, d)
	}
	if err != nil {
		return c, fmt.Errorf("compare the tables of replication task %s with those of the job: %w", d.ID, err)
	}
	return c, nil
}

// compareMappings compares the job's tables with earlier mappings.
func (f *follower) compareMappings(mappings []byte) (c tableChanges, err error) {
	followed, err := manifest.SelectedTables(mappings)
	if err != nil {
		return c, err
	}
	c.added = without(f.job.Tasks[0].Tables, followed)
	c.changed, err = manifest.ChangedTables(mappings, []byte(f.spec.Mappings))
	return c, err
}

// removedTables returns the tables that the mappings of the task select and the job does not have.
func (f *follower) removedTables(mappings []byte, d dms.Description) (map[string]records.LeftTable, error) {
	followed, err := manifest.SelectedTables(mappings)
	if err != nil {
		return nil, err
	}
	rules, err := manifest.ContentHashes(mappings, slices.DeleteFunc(followed, func(t manifest.Table) bool { return f.hasTable(t.String()) }))
	removed := map[string]records.LeftTable{}
	for name, hash := range rules {
		removed[name] = records.LeftTable{Rules: hash, TaskStartedAt: d.StartedAt}
	}
	return removed, err
}

// compareReturned finds the added tables that DMS may still follow, with the rules that they had before they left.
func (f *follower) compareReturned(c *tableChanges, d dms.Description) error {
	for _, name := range c.added {
		if f.state.MayStillFollow(name, d.StartedAt) {
			c.returned = append(c.returned, name)
		}
	}
	if len(c.returned) == 0 {
		return nil
	}
	rules, err := manifest.ContentHashes([]byte(f.spec.Mappings), f.job.Tasks[0].Tables)
	for _, name := range c.returned {
		if rules[name] != f.state.Left[name].Rules {
			c.changed = append(c.changed, name)
		}
	}
	return err
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
	var changes tableChanges
	if err == nil {
		changes, err = f.compareMappings(before.Tasks[0].Mappings)
	}
	if err != nil {
		// Somebody has deleted the manifest, or another version has written it. To load a table once more loses nothing.
		f.log.Warn("the manifest of the last task cannot be read: all tables count as added", "task", f.spec.ID, "reason", err.Error())
		if f.job.Backfill != nil && *f.job.Backfill {
			return all, f.noteTables(ctx, tableChanges{added: all})
		}
		return all, nil
	}
	if err := f.mustSayBackfill(changes.added); err != nil {
		return nil, err
	}
	kept = slices.DeleteFunc(all, func(name string) bool { return slices.Contains(changes.added, name) })
	return kept, f.noteTables(ctx, changes)
}

// mustSayBackfill is the error of tables that are added to a cdc job whose file does not say whether they are loaded.
func (f *follower) mustSayBackfill(added []string) error {
	if f.job.Type != department.CDC || len(added) == 0 || f.job.Backfill != nil {
		return nil
	}
	return fmt.Errorf("tables %s are added to job %s, which loads no tables: write in the department's file whether the tables are "+
		"loaded once (backfill: true) or only their changes from now on are captured (backfill: false)", joinNames(added), f.job.Name)
}

// noteTables updates the job's state before the task gets other tables. It notes which added tables need a load, which of them have
// rows in the lake whose changes are missing, and that changed tables diverge: their rows in the lake keep the old filters, columns
// and names. It removes tables that the job no longer has, with what they lack. So from now on the job's manifest is the one to compare
// with if there is no task: a table that leaves and returns counts as added.
func (f *follower) noteTables(ctx context.Context, c tableChanges) error {
	switch {
	case f.job.Type == department.FullLoadAndCDC:
		f.state.AwaitingLoad = union(f.state.AwaitingLoad, c.added)
	case len(c.added) > 0 && *f.job.Backfill:
		f.state.Backfill = union(f.state.Backfill, c.added)
	default:
		captured := func(name string) bool { return slices.Contains(c.returned, name) }
		if err := f.noteGapOf(ctx, slices.DeleteFunc(slices.Clone(c.added), captured)); err != nil {
			return err
		}
	}
	f.pruneTables()
	f.state.Manifest = new(records.Object(f.doc.Manifest))
	for name, left := range c.removed {
		f.state.Leave(name, left)
	}
	for _, name := range c.changed {
		f.state.Diverge(name, "the department's file has changed its filters, its excluded columns or its name in the lake: rows already "+
			"in the lake keep the old ones")
	}
	return nil
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
