package verdict

// Problem names why a task or a table did not succeed. Programs compare problems; a Reason says the same for people.
type Problem string

// Problems of a task.
const (
	NoTask         Problem = "no task"           // DMS does not know the task, or the run did not accept it
	TaskNotStarted Problem = "task not started"  // the task did not start in this run
	TaskStopped    Problem = "task stopped"      // the task stopped before its load was complete
	TaskFailed     Problem = "task failed"       // DMS reports that the task failed
	TaskHasErrors  Problem = "tables in error"   // DMS reports tables in error
	TaskNotDone    Problem = "task not finished" // the task has neither finished nor is it running
)

// Problems of a table. A table can also have a problem of its task: no task, a task that did not start, or a task that should
// follow changes and is not running.
const (
	NotReported Problem = "not reported"      // DMS reports no statistics of the table
	NotLoaded   Problem = "not loaded"        // the last load of the table was before this run
	TableState  Problem = "table state"       // DMS reports another state than "Table completed": see the statistics
	RowsMissing Problem = "rows are missing"  // rows of the table are or may be missing or wrong in the lake until it is reloaded
	DDLSeen     Problem = "DDL seen"          // DDL ran on the table: it is to be reloaded, or a person accepts the DDL
	NeverLoaded Problem = "never loaded"      // the table was added to a job that loads, and DMS has not loaded it
	RowsDiffer  Problem = "row counts differ" // the table and its source have different numbers of rows
	FilesDiffer Problem = "files differ"      // the files of the table have other rows than DMS reports
	FilesUnread Problem = "files unread"      // the files of the table could not be counted
	// SchemaChanged says that columns which readers see are gone or have another type, and onSchemaChange is fail.
	SchemaChanged Problem = "schema changed"
	SameNames     Problem = "same names" // columns have names that differ only by case, and the Data Catalog cannot hold the table
)
