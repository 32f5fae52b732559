package deploy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// LiveTasks is what DMS says of the tasks of a job.
type LiveTasks struct {
	Follows bool // a task that follows changes has started at least once: it has something to lose
	Loads   bool // a task of type full-load is at work
}

// Decision is what a deploy does about the tasks of jobs that follow changes.
type Decision struct {
	// Refused is why the deploy must not go on, a sentence a reason. If there is one, nothing may be touched.
	Refused []string
	// Stop are the jobs whose tasks stop while an endpoint changes, and go on afterwards from their checkpoints.
	Stop []string
	// Replace are the jobs whose tasks are thrown away, with their checkpoints.
	Replace []string
	// Changes says what changes for each job, in words.
	Changes []string
}

// Compare decides about a deploy that brings a department from before to after, with the tasks that live in DMS now.
func Compare(before, after contract.PreflightProperties, live map[string]LiveTasks) Decision {
	var d Decision
	for _, name := range slices.Sorted(maps.Keys(before.Jobs)) {
		c := comparison{name: name, before: before, after: after, old: before.Jobs[name], live: live[name], into: &d}
		c.new, c.kept = after.Jobs[name]
		c.loads()
		if c.old.Type.Continuous() {
			c.follows()
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after.Jobs)) {
		if _, had := before.Jobs[name]; !had {
			d.say("job %s is new", name)
		}
	}
	return d
}

func (d *Decision) refuse(format string, args ...any) {
	d.Refused = append(d.Refused, fmt.Sprintf(format, args...))
}

func (d *Decision) say(format string, args ...any) {
	d.Changes = append(d.Changes, fmt.Sprintf(format, args...))
}

// comparison is the one of a job that was there before.
type comparison struct {
	name          string
	before, after contract.PreflightProperties
	old, new      contract.PreflightJob
	kept          bool // the job is still there
	live          LiveTasks
	into          *Decision
}

// loads refuses to change an endpoint under a full load, which would fail with the deploy.
func (c comparison) loads() {
	target := c.before.Endpoints.Full != c.after.Endpoints.Full
	if c.old.Type.Continuous() { // Then what loads is a backfill, below cdc/.
		target = c.before.Endpoints.CDC != c.after.Endpoints.CDC
	}
	if c.live.Loads && (target || c.before.Endpoints.Source != c.after.Endpoints.Source) {
		c.into.refuse("a full load of job %s is running, and the deploy changes an endpoint that it uses, which DMS refuses: "+
			"wait for the end of the load, or stop its run, and deploy again", c.name)
	}
}

// follows decides about a job that follows changes.
func (c comparison) follows() {
	endpoints := c.before.Endpoints.Source != c.after.Endpoints.Source || c.before.Endpoints.CDC != c.after.Endpoints.CDC
	switch reasons := c.replacement(); {
	case !c.kept:
		c.into.say("job %s is gone: its task is deleted with its checkpoint, its files stay", c.name)
		if endpoints {
			c.into.Stop = append(c.into.Stop, c.name)
		}
	case len(reasons) > 0:
		c.replace(strings.Join(reasons, ", and "))
	default:
		c.tables()
		if endpoints {
			c.into.say("job %s: the definition of an endpoint changes: its task stops and goes on", c.name)
			c.into.Stop = append(c.into.Stop, c.name)
		}
	}
}

// replacement lists the changes that DMS cannot make to the job's task.
func (c comparison) replacement() (reasons []string) {
	if c.old.Type != c.new.Type {
		reasons = append(reasons, fmt.Sprintf("its type changes from %s to %s", c.old.Type, c.new.Type))
	}
	if c.before.Database != c.after.Database || c.before.Secret != c.after.Secret {
		reasons = append(reasons, fmt.Sprintf("the source changes from database %s of secret %s to database %s of secret %s",
			c.before.Database, c.before.Secret, c.after.Database, c.after.Secret))
	}
	if c.before.Location != c.after.Location {
		reasons = append(reasons, fmt.Sprintf("the replication instance moves from %s to %s", c.before.Location, c.after.Location))
	}
	if c.old.Type == department.CDC && c.new.Type == department.CDC && c.old.StartFrom != c.new.StartFrom {
		reasons = append(reasons, fmt.Sprintf("it is to start from %s instead of %s, which only a new task does",
			c.new.StartFrom, c.old.StartFrom))
	}
	return reasons
}

// replace throws the job's task away, if the file allows it or the task never did anything.
func (c comparison) replace(why string) {
	allowed := c.new.OnReplace == department.Restart
	if !c.new.Type.Continuous() {
		allowed = c.old.OnReplace == department.Restart // The new job cannot say so.
	}
	if c.live.Follows && !allowed {
		c.into.refuse("job %s: %s. DMS cannot change that in a task, and with a new one %s. %s",
			c.name, why, c.loss(), c.fix())
		return
	}
	c.into.say("job %s: %s: its task is made anew", c.name, why)
	c.into.Replace = append(c.into.Replace, c.name)
}

// loss is what a new task costs.
func (c comparison) loss() string {
	switch c.new.Type {
	case department.CDC:
		from := "changes made until it starts are never captured"
		if c.new.StartFrom != department.StartNow {
			from = "only changes after " + c.new.StartFrom + " are captured"
		}
		return "the place in the redo log is lost: " + from
	case department.FullLoadAndCDC:
		return "the place in the redo log is lost: all tables are loaded anew, and the files of their changes so far are deleted"
	default:
		return "the place in the redo log is lost: changes are not followed any more"
	}
}

func (c comparison) fix() string {
	if c.new.Type.Continuous() {
		return "Write onReplace: restart in the job to accept that, or take the change back"
	}
	return "Take the job out of the file and give the full load another name, or take the change back"
}

// tables looks at the tables of a job whose task stays.
func (c comparison) tables() {
	var added, removed, renamed []string
	for _, table := range slices.Sorted(maps.Keys(c.new.Tables)) {
		switch target, had := c.old.Tables[table]; {
		case !had:
			added = append(added, table)
		case target != c.new.Tables[table]:
			renamed = append(renamed, fmt.Sprintf("%s (%s was %s)", table, c.new.Tables[table], target))
		}
	}
	for _, table := range slices.Sorted(maps.Keys(c.old.Tables)) {
		if _, has := c.new.Tables[table]; !has {
			removed = append(removed, table)
		}
	}
	if len(added) > 0 && c.live.Follows && c.new.Type == department.CDC && c.new.Backfill == "" {
		c.into.refuse("job %s: %s would be added without the rows that are there already, since a cdc job loads nothing. "+
			"Write backfill: true in the job to load them once in full, or backfill: false to do without them",
			c.name, strings.Join(added, " and "))
	}
	if len(renamed) > 0 && c.live.Follows {
		c.into.refuse("job %s: the lake's name of %s would change, and the rows that are there already would stay under the "+
			"old one. Take such a table out of the list and deploy, then add it with its new name and deploy again",
			c.name, strings.Join(renamed, " and "))
	}
	c.said("added", added)
	c.said("removed: what is in the lake stays", removed)
}

func (c comparison) said(what string, tables []string) {
	if len(tables) > 0 {
		c.into.say("job %s: its task stops and goes on: %s %s", c.name, strings.Join(tables, ", "), what)
	}
}
