package run

import (
	"maps"
	"slices"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
)

// The run document must not grow with the number of tables. So it has of a reload only what concerns all its tables. The tables stand
// in the request of the run or in the job's state, and how far each of them is stands in the job's state.

// FillReload fills in what d.Reload says of each table, from the job's state.
func (d *Document) FillReload(state records.JobState) {
	if d.Reload == nil {
		return
	}
	d.Reload.Tables = d.Request.Reload
	if d.Type == department.CDC {
		d.Reload.Tables = slices.Clone(state.Backfill)
	}
	d.Reload.DDLs = map[string]int64{}
	d.Reload.ReloadedBefore, d.Reload.SeenLoading, d.Reload.Done = nil, nil, nil
	for _, name := range slices.Sorted(maps.Keys(state.Loads)) {
		load := state.Loads[name]
		d.Reload.DDLs[name] = load.DDLs
		if load.ReloadedBefore {
			d.Reload.ReloadedBefore = append(d.Reload.ReloadedBefore, name)
		}
		if load.SeenLoading {
			d.Reload.SeenLoading = append(d.Reload.SeenLoading, name)
		}
		if load.Done {
			d.Reload.Done = append(d.Reload.Done, name)
		}
	}
}

// KeepReload notes in the job's state what d.Reload says of each table. Write the state afterwards.
func (d *Document) KeepReload(state *records.JobState) {
	loads := map[string]records.TableLoad{}
	change := func(names []string, change func(*records.TableLoad)) {
		for _, name := range names {
			load := loads[name]
			change(&load)
			loads[name] = load
		}
	}
	for name, ddls := range d.Reload.DDLs {
		loads[name] = records.TableLoad{DDLs: ddls}
	}
	change(d.Reload.ReloadedBefore, func(l *records.TableLoad) { l.ReloadedBefore = true })
	change(d.Reload.SeenLoading, func(l *records.TableLoad) { l.SeenLoading = true })
	change(d.Reload.Done, func(l *records.TableLoad) { l.Done = true })
	state.Loads = loads
}
