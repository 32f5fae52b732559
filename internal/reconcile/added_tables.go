package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
)

// compareTables compares the job's tables with the mappings that the task has in DMS. added lists the tables that the task does
// not follow yet. changed lists the tables that it follows with other filters, columns or names in the lake. Both are empty for a
// task that never ran: none of its tables has rows in the lake.
func (f *follower) compareTables(ctx context.Context, d dms.Description) (added, changed []string, err error) {
	if d.StartedAt.IsZero() {
		return nil, nil, nil
	}
	mappings, err := dms.Mappings(ctx, f.DMS, d)
	if err != nil {
		return nil, nil, err
	}
	followed, err := manifest.SelectedTables(mappings)
	if err == nil {
		changed, err = manifest.ChangedTables(mappings, []byte(f.spec.Mappings))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("compare the tables of replication task %s with those of the job: %w", d.ID, err)
	}
	return without(f.job.Tasks[0].Tables, followed), changed, nil
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
	removed := func(name string) bool {
		return !slices.ContainsFunc(f.job.Tasks[0].Tables, func(t manifest.Table) bool { return t.String() == name })
	}
	f.state.AwaitingLoad = slices.DeleteFunc(f.state.AwaitingLoad, removed)
	f.state.Backfill = slices.DeleteFunc(f.state.Backfill, removed)
	for name := range f.state.Diverged {
		if removed(name) {
			delete(f.state.Diverged, name)
		}
	}
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
