package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
)

// compareTables finds the tables that the task does not follow yet, and those that it follows in another form. It compares with
// the mappings that the task has in DMS, whatever anybody remembers.
func (f *follower) compareTables(ctx context.Context, d dms.Description) (added, changed []string, err error) {
	if d.StartedAt.IsZero() {
		return nil, nil, nil // None of its tables has any history yet.
	}
	mappings, err := dms.Mappings(ctx, f.DMS, d)
	if err == nil {
		added, changed, err = f.compareMappings(mappings)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("replication task %s: %w", d.ID, err)
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

// noteTablesWithoutTask notes in the job's state which tables have joined or changed while the job has no task, because it was
// paused, its task was replaced, or somebody deleted it. There is no task to compare with, so it compares with the manifest
// that the state names. A cdc task loads nothing: without this note, a table that joined would never be loaded.
func (f *follower) noteTablesWithoutTask(ctx context.Context) error {
	known := f.state.Manifest
	f.state.Manifest = &records.Object{Bucket: f.doc.Manifest.Bucket, Key: f.doc.Manifest.Key}
	if known == nil || f.job.Type != department.CDC || *known == *f.state.Manifest {
		return nil // A new job begins as the file says, and a task that loads in full loads every table.
	}
	before, err := run.LoadJob(ctx, f.Documents, contract.Address(*known), run.Request{Job: f.job.Name})
	if err != nil {
		return fmt.Errorf("find out which tables have joined job %s: %w", f.job.Name, err)
	}
	added, changed, err := f.compareMappings(before.Tasks[0].Mappings)
	if err == nil {
		err = f.mustSayBackfill(added)
	}
	if err != nil {
		return err
	}
	f.noteTables(added, changed)
	return nil
}

// mustSayBackfill is the error of tables that join a cdc job whose file does not say whether they are loaded.
func (f *follower) mustSayBackfill(added []string) error {
	if f.job.Type != department.CDC || len(added) == 0 || f.job.Backfill != nil {
		return nil
	}
	return fmt.Errorf("tables %s join job %s, which follows changes only: say in the department's file whether they are loaded "+
		"once (backfill: true) or begin with the changes from now on (backfill: false)", list(added), f.job.Name)
}

// noteTables notes in the job's state which tables have joined and need a load, and which ones have rows of another form in
// the lake. It drops what is remembered of tables that have left.
func (f *follower) noteTables(added, changed []string) {
	f.state.Manifest = &records.Object{Bucket: f.doc.Manifest.Bucket, Key: f.doc.Manifest.Key}
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
