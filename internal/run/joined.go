package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
)

// compare finds the tables that the task does not follow yet, and those that it is to follow in another form.
func (f *follower) compare(ctx context.Context, d dms.Description) (joined, reshaped []string, err error) {
	if d.StartedAt.IsZero() {
		return nil, nil, nil // None of its tables has any history yet.
	}
	mappings, err := dms.Mappings(ctx, f.DMS, d)
	if err != nil {
		return nil, nil, err
	}
	captured, err := manifest.Selected(mappings)
	if err == nil {
		reshaped, err = manifest.Reshaped(mappings, []byte(f.spec.Mappings))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("replication task %s: %w", d.ID, err)
	}
	return without(f.job.Tasks[0].Tables, captured), reshaped, nil
}

// pruneTables drops what is remembered of tables that the job no longer has; their files stay in the lake.
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

// without lists the names of those tables that are not among others.
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
