// Package department reads a department's file: which Oracle tables move to the lake, how and when.
//
// Load is the only way in. It decodes strictly, fills in the defaults, checks everything that can be checked without
// AWS or Oracle, and reports all mistakes at once, each with its place in the file and a fix. No other code validates
// what it returns.
package department

// Department is one file, one stack, one deployment.
type Department struct {
	Name        string      // lower-case letters, digits and hyphens; the stack is oralake-NAME
	Network     Network     // where the replication instance lives
	Source      Source      // the Oracle database
	Replication Replication // the DMS replication instance
	Lake        Lake        // how files are written
	Timezone    string      // IANA name in which schedules are read; default UTC
	RecordDays  int         // how long records of runs are kept; default 400
	LogDays     int         // how long logs are kept; default 30; one of CloudWatch's steps
	AlertEmails []string    // who is told of a run that failed
	// Parallel is Auto when every full-load job plans how its tables are split, unless the job or a table says otherwise.
	Parallel string
	Jobs     []Job // in the order of the file
}

// Network is an existing VPC (VPCID and SubnetIDs) or a new small private one (Create).
type Network struct {
	VPCID            string
	SubnetIDs        []string // at least two, in different availability zones
	SecurityGroupIDs []string // of the replication instance; default: a new one without inbound rules
	Create           string   // the new VPC's IPv4 range, such as 10.40.0.0/24; exclusive of all others
}

// Source is the Oracle database, reached by DMS through a Secrets Manager secret that holds
// {"username","password","host","port"}.
type Source struct {
	SecretARN      string // exactly one of SecretARN and SecretName
	SecretName     string // a secret of the account and region that is deployed to
	SecretKeyARN   string // the KMS key of the secret, when it is not the account's aws/secretsmanager
	Database       string // service name or SID
	SSLMode        string // none (default) or verify-ca
	CertificateARN string // the wallet as a DMS certificate; required by verify-ca
	Capture        string // how CDC reads redo: logminer (default) or binary-reader
	// Check says what a run does before its tasks are made: CheckReport or CheckRequire ask the database whether it is
	// ready; CheckOff does not. Empty while the file does not say: then it depends on the driver and the Oracle client.
	Check  string
	Driver string // with which the check asks: godror (default), through the Oracle client, or go-ora
}

// The values of source.check.
const (
	CheckOff     = "off"
	CheckReport  = "report"  // what is found is in the run's record
	CheckRequire = "require" // and the run stops when something was found that fails the job
)

// The values of source.driver.
const (
	Godror = "godror"
	GoOra  = "go-ora"
)

// Auto is the value of what a run finds out before its tasks are made: parallel, of a table, of a job and of the
// department, and lobMaxKB.
const Auto = "auto"

// None is parallel: none: the table is read whole, whatever its job says.
const None = "none"

// Measured is lobMaxKB: auto.
const Measured = -1

// Counts is the one value of verify: the rows at the source are counted after a load.
const Counts = "counts"

// Replication is the DMS replication instance.
type Replication struct {
	Class         string // default dms.c6i.large
	StorageGB     int    // default 100
	EngineVersion string // default 3.5.4
	MultiAZ       bool
}

// Lake says how files are written to S3.
type Lake struct {
	Format             string // parquet (default) or csv
	MaxFileMB          int    // of a full-load file; default 1024
	CDCMaxBatchSeconds int    // a CDC file is written at least this often; default 600
	CDCMinFileMB       int    // or as soon as this much has gathered; default 64
	TimestampColumn    string // holds the commit time, or the task's start in a full load; default ORALAKE_TS
}

// Type is a job's migration type, in DMS's own words.
type Type string

// The migration types.
const (
	FullLoad       Type = "full-load"
	CDC            Type = "cdc"
	FullLoadAndCDC Type = "full-load-and-cdc"
)

// Continuous says that a task of this type never ends by itself.
func (t Type) Continuous() bool { return t == CDC || t == FullLoadAndCDC }

// Job is a named list of tables with one migration type and one schedule.
type Job struct {
	Name          string
	Type          Type
	Schedule      string // EventBridge Scheduler expression; default cron(0 2 * * ? *), for CDC rate(1 hour)
	Tables        []Table
	TablesPerTask int    // of full loads: at most this many tables in one DMS task; default 50. Others have one task: 0
	ParallelLoads int    // tables loaded at once by a task (MaxFullLoadSubTasks); default 8, at most 49
	LOBMaxKB      int    // longer LOBs fail the task rather than lose their end; default 32; or Measured
	Parallel      string // Auto: the tables that do not say how they are split
	// TimeLimitHours is how long a run may take before it is given up, and its tasks are stopped; default 24.
	TimeLimitHours int
	// KeepFailedTask leaves the task of a full load that failed for a person to look at, until the next run.
	KeepFailedTask bool
	// Verify is Counts when a full load is held against the source afterwards.
	Verify string

	// The rest is only for jobs that follow changes.

	// Paused stops the task and keeps it, with its place in the redo log.
	Paused bool
	// OnReplace is Restart when the file allows to throw the task away for a change that DMS cannot make to it.
	OnReplace string
	// Backfill says whether a table that joins a cdc job is loaded once in full; nil while the file does not say.
	Backfill *bool
	// StartFrom is where a cdc job begins when it is started for the first time: StartNow (the default), an SCN in
	// digits, or a time in RFC 3339. It is empty for other types.
	StartFrom string
}

// Restart is the one value of onReplace: make the task anew, with what that costs.
const Restart = "restart"

// StartNow begins with the changes that come after the task's first start.
const StartNow = "now"

// The columns that rows of jobs that follow changes have besides those of their table and the lake's timestamp column.
// The first two are filled for changes, and empty in rows of a full load.
const (
	ColumnSCN      = "ORALAKE_SCN" // of the change
	ColumnSequence = "ORALAKE_SEQ" // orders changes, as text
	ColumnOp       = "Op"          // I, U or D; DMS names it
)

// Table is one Oracle table of a job.
type Table struct {
	Schema   string
	Name     string
	Filters  []Filter
	Exclude  []string // columns that stay behind
	Rename   Rename
	LOBMaxKB int // 0: the job's; or Measured
	Parallel *Parallel
}

// String is the table's name as records and messages have it: SCHEMA.TABLE.
func (t Table) String() string { return t.Schema + "." + t.Name }

// Target is the table's schema and name in the lake.
func (t Table) Target() (schema, name string) {
	schema, name = t.Schema, t.Name
	if t.Rename.Schema != "" {
		schema = t.Rename.Schema
	}
	if t.Rename.Table != "" {
		name = t.Rename.Table
	}
	return schema, name
}

// Filter keeps the rows in which Column satisfies Operator. Filters on different columns must all hold; of several on
// the same column one suffices (CHAP_Tasks.CustomizingTasks.Filters).
type Filter struct {
	Column   string
	Operator string // eq, noteq, gte, lte, between, notbetween, null, notnull
	Value    string // of eq, noteq, gte, lte
	From, To string // of between and notbetween, both ends included
}

// Rename is what a table is called in the lake; empty parts stay as they are.
type Rename struct {
	Schema string
	Table  string
}

// Parallel splits the full load of one table
// (CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Tablesettings).
type Parallel struct {
	Type       string     // partitions-auto, partitions-list, ranges, Auto or None
	Partitions []string   // of partitions-list
	Columns    []string   // of ranges: indexed, NOT NULL, at most 10
	Boundaries [][]string // of ranges: upper bounds, one value a column, ascending
}
