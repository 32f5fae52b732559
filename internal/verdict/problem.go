package verdict

// Problem is why a task or a table is no success. Programs compare problems; the sentences beside them are for people.
type Problem string

// Problems of a task.
const (
	NoTask         Problem = "no task"           // DMS knows no task that the run accepted
	TaskNotStarted Problem = "task not started"  // not in this run
	TaskStopped    Problem = "task stopped"      // before it was done
	TaskFailed     Problem = "task failed"       //
	TaskHasErrors  Problem = "tables in error"   //
	TaskNotDone    Problem = "task not finished" // and not running
)

// Problems of a table. A table of a task that follows changes and does not run has the task's problem.
const (
	NotReported Problem = "not reported"      // DMS does not list it
	NotLoaded   Problem = "not loaded"        // in this run
	TableState  Problem = "table state"       // DMS says so: see the statistics
	Diverged    Problem = "diverged"          // its rows in the lake may differ from the source until it is reloaded
	NeverLoaded Problem = "never loaded"      // it joined a job that loads, and DMS did not load it
	RowsDiffer  Problem = "row counts differ" // from the source
)
