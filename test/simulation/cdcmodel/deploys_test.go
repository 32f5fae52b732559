package cdcmodel_test

import (
	"maps"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
)

// deploy edits the department and deploys it. It reports whether the deploy succeeded: the preflight may refuse it, and
// faults may make it fail.
func (w *world) deploy(edit func(*department.Department)) bool {
	next := *w.department
	next.Jobs = slices.Clone(next.Jobs)
	edit(&next)
	was, will := w.change(template(w.department)), w.change(template(&next))
	if string(was) == string(will) {
		return true
	}
	before := *w.job()
	w.mu.Lock()
	for _, t := range before.Tables {
		if !chosenNames(next.Jobs[0].Tables)[t.Name] {
			w.deselected[t.Name] = 0
		}
	}
	w.mu.Unlock()
	err := w.Update(&next, will)
	w.story.Add("deployed: %v", err)
	attempted := next.Jobs[0]
	if err == nil {
		w.department = &next
	}
	if before.Type != attempted.Type || before.StartFrom != attempted.StartFrom {
		w.resetCoverage(err != nil)
	} else {
		w.cover(before, attempted, err != nil)
	}
	w.decideLoads()
	return err == nil
}

// decideLoads updates the coverage of tables of which the file says now that they are not loaded.
func (w *world) decideLoads() {
	b := w.job().Backfill
	if b == nil || w.job().Type != department.CDC {
		return
	}
	for _, c := range w.covered {
		if c.undecided && !*b {
			c.whole, c.joined, c.since = false, time.Now(), never
		}
		c.undecided = false
	}
}

// wasLoaded reports whether a run has recorded a load of a table.
func (w *world) wasLoaded(table string) bool {
	return slices.ContainsFunc(w.TableRecords(w.outputs, schema+"."+table), func(r records.Table) bool { return r.LoadEndedAt != nil })
}

// resetCoverage updates the coverage after a deploy that may replace the task, even if the deploy failed. A new task that loads its
// tables covers them. One that loads nothing changes nothing: either no change is missing between the old task and the new one, or
// the records say that rows are missing, until a load.
func (w *world) resetCoverage(failed bool) {
	whole := w.job().Type == department.FullLoadAndCDC
	for _, t := range w.job().Tables {
		old := w.covered[t.Name]
		switch {
		case whole && !(failed && old.whole):
			w.covered[t.Name] = &coverage{whole: true}
		case old == nil:
			w.covered[t.Name] = &coverage{joined: time.Now(), since: never}
		case !whole && old.whole:
			old.undecided = !w.wasLoaded(t.Name)
		}
	}
}

// cover updates the coverage of tables that a deploy removed or added, also when the deploy failed.
func (w *world) cover(before, attempted department.Job, failed bool) {
	had, tried := chosenNames(before.Tables), chosenNames(attempted.Tables)
	after := tried
	if failed {
		after = had
	}
	for name := range had {
		if !after[name] {
			w.left[name] = nil // An earlier run may still load it; followed lists its files later.
		}
	}
	for name := range after {
		if had[name] && tried[name] {
			continue
		}
		delete(w.left, name)
		c := &coverage{before: w.covered[name]}
		c.whole = before.Type == department.FullLoadAndCDC || attempted.Backfill != nil && *attempted.Backfill
		if !c.whole {
			c.joined, c.since = time.Now(), never
		}
		w.covered[name] = c
	}
}

// leave counts the tables that the task no longer selects. A table may leave the list and return before the task changes;
// then the task never stops replicating it.
func (w *world) leave() {
	task := w.task()
	if task == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range tables {
		if name := tableName(i); !follows(task, name) {
			w.deselected[name]++
		}
	}
}

func chosenNames(all []department.Table) map[string]bool {
	chosen := map[string]bool{}
	for _, t := range all {
		chosen[t.Name] = true
	}
	return maps.Clone(chosen)
}
