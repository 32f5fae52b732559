package cdcmodel_test

import (
	"maps"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/department"
)

// deploy edits the file and deploys it. A deploy may fail: the guard refuses it, or something went wrong on its way.
func (w *world) deploy(edit func(*department.Department)) bool {
	next := *w.department
	next.Jobs = slices.Clone(next.Jobs)
	edit(&next)
	was, will := template(w.department), template(&next)
	if string(was) == string(will) {
		return true
	}
	before := *w.job()
	w.mu.Lock()
	for _, t := range before.Tables {
		if !chosenNames(next.Jobs[0].Tables)[t.Name] {
			w.out[t.Name] = 0
		}
	}
	w.mu.Unlock()
	err := w.Update(&next, will)
	w.story.Tell("deployed: %v", err)
	attempted := next.Jobs[0]
	if err == nil {
		w.department = &next
	}
	if before.Type != attempted.Type || before.StartFrom != attempted.StartFrom {
		w.coverAnew(err != nil)
	} else {
		w.cover(before, attempted, err != nil)
	}
	return err == nil
}

// coverAnew notes that the task is another one: it loads all tables, or it knows nothing of what was before. A deploy that
// failed may have replaced it, too.
func (w *world) coverAnew(failed bool) {
	for _, t := range w.job().Tables {
		c := &coverage{whole: w.job().Type == department.FullLoadAndCDC}
		if !c.whole {
			c.joined, c.since = time.Now(), never
		}
		if old := w.covered[t.Name]; !failed || !old.whole || !c.whole {
			w.covered[t.Name] = c
		}
	}
}

// cover notes what becomes of tables that left the job, joined it, or did so for the time of a failed deploy.
func (w *world) cover(before, attempted department.Job, failed bool) {
	had, tried := chosenNames(before.Tables), chosenNames(attempted.Tables)
	after := tried
	if failed {
		after = had
	}
	for name := range had {
		if !after[name] {
			w.left[name] = nil // A run that began before may still load it; followed looks later.
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

// leave notes which tables the task has stopped to follow. A table that leaves the list and comes back may not have been
// missed by the task, which then goes on with it as if nothing had been.
func (w *world) leave() {
	task := w.task()
	if task == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range tables {
		if name := tableName(i); !follows(task, name) {
			w.out[name]++
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
