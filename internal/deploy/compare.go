package deploy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// LiveTasks describes the tasks that a job has in DMS now.
type LiveTasks struct {
	Follows bool // the job has a task that follows changes and has started: its checkpoint can be lost
	Loads   bool // the job has a full-load task that is loading
	// FirstLoad says that the task that follows changes still loads its tables for the first time.
	FirstLoad bool
	// Redo is how long the task that follows changes may stand still. Nil if nobody has looked.
	Redo *Standstill
}

// Decision says what a deploy does with the tasks of jobs that follow changes.
type Decision struct {
	// Refused has the reasons, for people, why the deploy must not go on. If there is one, the deploy changes nothing.
	Refused []string
	// Stop lists the jobs whose tasks stop while an endpoint changes. They resume from their checkpoints afterwards.
	Stop []string
	// Replace lists the jobs whose tasks are deleted with their checkpoints. Their next runs create new tasks.
	Replace []string
	// Changes says for each job what changes, for people.
	Changes []string
}

// Compare decides about a deploy that changes a department from before to after. live has the tasks in DMS now, by job.
func Compare(before, after contract.PreflightProperties, live map[string]LiveTasks) Decision {
	var d Decision
	d.decideInstance(before.Instance, after.Instance, live)
	if before.Endpoints.CDCLoad == "" { // An older version has one endpoint for the changes and for the loads beside them.
		before.Endpoints.CDCLoad = before.Endpoints.CDC
	}
	for _, name := range slices.Sorted(maps.Keys(before.Jobs)) {
		c := comparison{name: name, before: before, after: after, old: before.Jobs[name], live: live[name], decision: &d}
		c.new, c.exists = after.Jobs[name]
		c.refuseDuringLoad()
		if c.old.Type.Continuous() {
			c.decideTask()
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after.Jobs)) {
		if _, had := before.Jobs[name]; !had {
			d.note("job %s is new", name)
			d.noteStart(name, after.Jobs[name])
		}
	}
	return d
}

func (d *Decision) refuse(format string, args ...any) {
	d.Refused = append(d.Refused, fmt.Sprintf(format, args...))
}

func (d *Decision) note(format string, args ...any) {
	d.Changes = append(d.Changes, fmt.Sprintf(format, args...))
}

// noteStart notes what a new task misses that starts at a position of the department's file.
func (d *Decision) noteStart(name string, job contract.PreflightJob) {
	if job.Type == department.CDC && job.StartFrom != "" && job.StartFrom != department.StartNow {
		d.note("job %s: its task starts from %s, as startFrom says: changes of transactions that were open then and began before are "+
			"missed", name, job.StartFrom)
	}
}

// comparison compares one deployed job with the new department.
type comparison struct {
	name          string
	before, after contract.PreflightProperties
	old, new      contract.PreflightJob
	exists        bool // the new department has the job, too
	live          LiveTasks
	decision      *Decision
}

// refuseDuringLoad refuses the deploy if it changes an endpoint of a task that is loading. DMS would refuse the change, and the
// deploy would fail.
func (c comparison) refuseDuringLoad() {
	target := c.before.Endpoints.Full != c.after.Endpoints.Full
	if c.old.Type.Continuous() { // The load of a job that follows changes writes to the folder of its changes.
		target = c.before.Endpoints.CDCLoad != c.after.Endpoints.CDCLoad
	}
	if c.live.Loads && (target || c.before.Endpoints.Source != c.after.Endpoints.Source) {
		c.decision.refuse("a full load of job %s is running, and the deploy changes an endpoint that it uses: DMS refuses that; "+
			"wait for the end of the load, or stop its run, and deploy again", c.name)
	}
}

// decideTask decides what happens to the task of a job that follows changes.
func (c comparison) decideTask() {
	target := c.before.Endpoints.CDC != c.after.Endpoints.CDC
	if c.old.Type == department.FullLoadAndCDC {
		target = c.before.Endpoints.CDCLoad != c.after.Endpoints.CDCLoad
	}
	endpoints := target || c.before.Endpoints.Source != c.after.Endpoints.Source
	switch reasons := c.replacementReasons(); {
	case !c.exists:
		c.decision.note("job %s is removed: its task and its checkpoint are deleted, its files stay", c.name)
		if endpoints {
			c.decision.Stop = append(c.decision.Stop, c.name)
		}
	case len(reasons) > 0:
		c.decideReplacement(strings.Join(reasons, ", and "))
	default:
		c.decideTables()
		if endpoints {
			c.decision.note("job %s: the definition of an endpoint changes: its task stops and resumes", c.name)
			c.decision.Stop = append(c.decision.Stop, c.name)
		}
		c.decideStandstill(c.stopReasons(endpoints))
	}
}

// replacementReasons lists the changes that DMS cannot make in the job's task, for people.
func (c comparison) replacementReasons() (reasons []string) {
	if c.old.Type != c.new.Type {
		reasons = append(reasons, fmt.Sprintf("its type changes from %s to %s", c.old.Type, c.new.Type))
	}
	if c.before.Database != c.after.Database || c.before.Secret != c.after.Secret {
		reasons = append(reasons, fmt.Sprintf("the source changes from database %s of secret %s to database %s of secret %s",
			c.before.Database, c.before.Secret, c.after.Database, c.after.Secret))
	}
	if c.before.Capture != "" && c.before.Capture != c.after.Capture {
		reasons = append(reasons, fmt.Sprintf("the redo log is read by %s instead of %s, after which DMS asks for a restart of the task",
			c.after.Capture, c.before.Capture))
	}
	if c.before.Location != c.after.Location {
		reasons = append(reasons, fmt.Sprintf("the replication instance moves from %s to %s", c.before.Location, c.after.Location))
	}
	if c.old.Type == department.CDC && c.new.Type == department.CDC && c.old.StartFrom != c.new.StartFrom {
		reasons = append(reasons, fmt.Sprintf("startFrom changes from %s to %s",
			c.old.StartFrom, c.new.StartFrom))
	}
	if changed := c.changedTables(); len(changed) > 0 && c.old.Type == department.FullLoadAndCDC && c.new.Type == c.old.Type {
		reasons = append(reasons, fmt.Sprintf("the filters or excluded columns of %s change, which DMS applies only to a new task",
			strings.Join(changed, ", ")))
	}
	return reasons
}

// changedTables lists the tables of the job that stay and whose filters or excluded columns change.
func (c comparison) changedTables() (changed []string) {
	if c.before.Capture == "" {
		return nil // The properties of an older version do not have them. The job's next run compares with the task.
	}
	for _, table := range slices.Sorted(maps.Keys(c.new.Tables)) {
		if _, existed := c.old.Tables[table]; existed && c.old.Transformations[table] != c.new.Transformations[table] {
			changed = append(changed, table)
		}
	}
	return changed
}

// decideReplacement replaces the job's task if the department's file allows it, or if the task has never started. Otherwise it
// refuses the deploy.
func (c comparison) decideReplacement(why string) {
	allowed := c.new.OnReplace == department.Restart
	if !c.new.Type.Continuous() {
		allowed = c.old.OnReplace == department.Restart // A full-load job has no onReplace.
	}
	if c.live.Follows && !allowed {
		c.decision.refuse("job %s: %s. DMS cannot change that in a task, and a new task loses the place in the redo log: %s. %s",
			c.name, why, c.lossText(), c.fixText())
		return
	}
	c.decision.note("job %s: %s: its task is replaced by a new one", c.name, why)
	c.decision.noteStart(c.name, c.new)
	c.decision.Replace = append(c.decision.Replace, c.name)
}

// lossText says what is lost with the place in the redo log when the task is replaced.
func (c comparison) lossText() string {
	switch c.new.Type {
	case department.CDC:
		from := "changes made until it starts are never captured"
		if c.new.StartFrom != department.StartNow {
			from = "only changes after " + c.new.StartFrom + " are captured"
		}
		return from + ", and the job's tables have missing rows until they are reloaded"
	case department.FullLoadAndCDC:
		return "all tables are loaded again, and the files of their changes so far are deleted"
	default:
		return "changes are not followed any more"
	}
}

// fixText says what the person who deploys can do.
func (c comparison) fixText() string {
	if c.new.Type.Continuous() {
		return "Write onReplace: restart in the job to accept that, or undo the change"
	}
	return "Take the job out of the file and give the full load another name, or undo the change"
}

// decideTables compares the tables of a job whose task stays. It refuses the deploy if rows would be missing from the lake.
func (c comparison) decideTables() {
	var added, removed, renamed []string
	for _, table := range slices.Sorted(maps.Keys(c.new.Tables)) {
		switch target, existed := c.old.Tables[table]; {
		case !existed:
			added = append(added, table)
		case target != c.new.Tables[table]:
			renamed = append(renamed, fmt.Sprintf("%s (%s was %s)", table, c.new.Tables[table], target))
		}
	}
	for _, table := range slices.Sorted(maps.Keys(c.old.Tables)) {
		if _, exists := c.new.Tables[table]; !exists {
			removed = append(removed, table)
		}
	}
	if len(added) > 0 && c.live.Follows && c.new.Type == department.CDC && c.new.Backfill == "" {
		c.decision.refuse("job %s: %s would be added without the existing rows, because a cdc job loads no tables. "+
			"Write backfill: true in the job to load the existing rows once, or backfill: false to do without them",
			c.name, strings.Join(added, " and "))
	}
	if len(renamed) > 0 && c.live.Follows {
		c.decision.refuse("job %s: the name of %s in the lake would change, and the existing rows would stay under the old name. "+
			"Take the table out of the job and deploy, then add it with its new name and deploy again",
			c.name, strings.Join(renamed, " and "))
	}
	if changed := c.changedTables(); len(changed) > 0 {
		c.decision.note("job %s: its task is made again from its checkpoint, because DMS does not apply other filters or columns to a "+
			"task that resumes; changed tables, whose rows in the lake are wrong until they are reloaded: %s", c.name, strings.Join(changed, ", "))
	}
	c.noteTables("added tables", added)
	c.noteTables("removed tables, whose files stay", removed)
}

// noteTables notes a change of tables, for which the task stops and resumes.
func (c comparison) noteTables(change string, tables []string) {
	if len(tables) > 0 {
		c.decision.note("job %s: its task stops and resumes; %s: %s", c.name, change, strings.Join(tables, ", "))
	}
}

// replacedByRollback lists the jobs whose tasks the failed update has replaced and the rollback replaces again, from before to
// after. If the source changes, a checkpoint of the update's task is no place in the redo log that is read after the rollback. If
// the tables of a full-load-and-cdc job change, no run may replace its task, because the file of before may not allow that. The new
// task loads all tables.
func replacedByRollback(before, after contract.PreflightProperties) (jobs []string) {
	otherSource := before.Database != after.Database || before.Secret != after.Secret ||
		before.Capture != "" && after.Capture != "" && before.Capture != after.Capture
	for _, name := range slices.Sorted(maps.Keys(after.Jobs)) {
		old, existed := before.Jobs[name]
		c := comparison{before: before, after: after, old: old, new: after.Jobs[name]}
		loads := c.old.Type == department.FullLoadAndCDC && c.new.Type == c.old.Type
		if existed && c.old.Type.Continuous() && (otherSource || loads && len(c.changedTables()) > 0) {
			jobs = append(jobs, name)
		}
	}
	return jobs
}
