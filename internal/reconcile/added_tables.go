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

// compareTables finds the tables that the task does not follow yet, and those that it follows in another form. It compares with
// the mappings that the task has in DMS, whatever anybody remembers.
func (f *follower) compareTables(ctx context.Context, d dms.Description) (added, changed []string, err error) {
	if d.StartedAt.IsZero() {
		return nil, nil, nil // None of its tables has any history yet.
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
		return nil, nil, fmt.Errorf("replication task %s: %w", d.ID, err)
	}
	return without(f.job.Tasks[0].Tables, followed), changed, nil
}

// noteTables notes in the job's state which tables have joined and need a load, and which ones have rows of another form in
// the lake. It drops what is remembered of tables that have left.
func (f *follower) noteTables(added, changed []string) {
	switch {
	case f.job.Type == department.FullLoadAndCDC:
		f.state.AwaitingLoad = union(f.state.AwaitingLoad, added)
	case len(added) > 0 && *f.job.Backfill:
		f.state.Backfill = union(f.state.Backfill, added)
	}
	f.pruneTables()
	for _, name := range changed {
		f.state.Diverge(name, "its filters, excluded columns or name in the lake were changed in the department's file: rows already "+
			"in the lake keep the old ones")
	}
}

// pruneTables drops what is remembered of tables that the job no longer has. Their files stay in the lake.
func (f *follower) pruneTables() {
	left := func(name string) bool {
		return !slices.ContainsFunc(f.job.Tasks[0].Tables, func(t manifest.Table) bool { return t.String() == name })
	}
	f.state.AwaitingLoad = slices.DeleteFunc(f.state.AwaitingLoad, left)
	f.state.Backfill = slices.DeleteFunc(f.state.Backfill, left)
	for name := range f.state.Diverged {
		if left(name) {
			delete(f.state.Diverged, name)
		}
	}
}

// without lists the names of the tables that are not among others.
func without(tables, others []manifest.Table) (names []string) {
	for _, t := range tables {
		same := func(o manifest.Table) bool { return o.String() == t.String() }
		if !slices.ContainsFunc(others, same) {
			names = append(names, t.String())
		}
	}
	return names
}

// union adds those of more that are not there yet.
func union(names, more []string) []string {
	for _, name := range more {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// list names tables in a sentence, but not hundreds of them.
func list(names []string) string {
	const most = 10
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}
