// Package department reads a department's file: which Oracle tables move to the lake, how and when.
//
// Load decodes the file strictly, fills in the defaults, and checks everything that can be checked without AWS or Oracle.
// It reports all mistakes at once, each with its place in the file and a fix. No other code validates a department: all
// code trusts what Load and Parse return.
package department

import "slices"

// Department is the content of one file. Each department has its own stack.
type Department struct {
	Name        string      // lower-case letters and digits; the stack is oralake-NAME
	Network     Network     // the network of the replication instance
	Source      Source      // the Oracle database
	Replication Replication // the DMS replication instance
	Lake        Lake        // how DMS writes files
	Timezone    string      // the IANA time zone of the schedules; default UTC
	RecordDays  int         // days for which the records of runs are kept; default 400
	LogDays     int         // days for which logs are kept; default 30; one of CloudWatch's retention times
	EncryptLogs bool        // whether the department's key encrypts the logs, too
	Alerts      Alerts      // who is told of failures, and of which alarms
	// Tags, Roles and KeyARN are what the rules of the account demand.
	Tags   map[string]string // of all resources and replication tasks, besides oralake's own
	Roles  Roles
	KeyARN string // the KMS key that encrypts everything of the department; empty for a new key of its own
	// Parallel is Auto if every full-load job plans how its tables are split. A job or a table can override it.
	Parallel string
	Jobs     []Job // in the order of the file
}

// Alerts says who receives messages about failed runs and alarms.
type Alerts struct {
	Emails   []string // subscribers of the stack's own topic
	TopicARN string   // an existing SNS topic in place of the stack's own; excludes Emails
	Quiet    []string // alarms that send nothing: a kind of alarm, or KIND/JOB
}

// IsQuiet reports whether an alarm sends nothing. of is its job; empty for an alarm without one.
func (a Alerts) IsQuiet(kind AlarmKind, of string) bool {
	return slices.Contains(a.Quiet, string(kind)) || slices.Contains(a.Quiet, string(kind)+"/"+of)
}

// HasViews reports whether a job loads a view.
func (d *Department) HasViews() bool {
	return slices.ContainsFunc(d.Jobs, func(j Job) bool {
		return slices.ContainsFunc(j.Tables, func(t Table) bool { return t.View })
	})
}

// Roles says what all roles of the stack have in common.
type Roles struct {
	PermissionsBoundaryARN string
	NamePrefix             string // how their names begin; empty for names that CloudFormation chooses
}

// Network is an existing VPC (VPCID and SubnetIDs) or a new small private one (Create).
type Network struct {
	VPCID            string
	SubnetIDs        []string // at least two, in different availability zones
	SecurityGroupIDs []string // of the replication instance; default: a new one without inbound rules
	// DatabaseRanges are the IPv4 ranges of the database's hosts: the new security group lets the instance reach only them and, by
	// TLS, S3 and Secrets Manager. Default: TCP to any address.
	DatabaseRanges []string
	Create         string // the new VPC's IPv4 range, such as 10.40.0.0/24; excludes the other fields
}

// Source is the Oracle database. DMS connects with a Secrets Manager secret that holds
// {"username","password","host","port"}.
type Source struct {
	SecretARN      string // exactly one of SecretARN and SecretName
	SecretName     string // a secret of the account and region that is deployed to
	SecretKeyARN   string // the KMS key of the secret; empty for the account's aws/secretsmanager
	Database       string // service name or SID
	SSLMode        string // none or verify-ca; the file must say
	CertificateARN string // the wallet as a DMS certificate; required by verify-ca
	Capture        string // how CDC reads the redo log: logminer (default) or binary-reader
	// OpenTransactionMinutes is the longest time for which a transaction stays open at the source. A cdc job
	// that starts now and does not check the database starts to read the redo log so much earlier. The full load of a
	// full-load-and-cdc job waits so long for open transactions.
	OpenTransactionMinutes int
	// RedoDeadlineHours is for how many hours a task that follows changes should be able to stand still. People are alerted if
	// the archived redo logs do not go back so much further than the task has read; default 12.
	RedoDeadlineHours int
	Oracle            OracleSettings
	// Check says whether a run checks the database before it creates tasks: CheckOff, CheckReport or CheckRequire. It is
	// empty if the file does not say. Then it depends on the driver and on the layer with the Oracle client.
	Check  string
	Driver string // how the check connects: godror (default), with the Oracle client, or go-ora, without it
}

// DefaultOpenTransactionMinutes is the default of source.openTransactionMinutes.
const DefaultOpenTransactionMinutes = 60

// DefaultRedoDeadlineHours is the default of source.redoDeadlineHours: a night, and the time until somebody acts.
const DefaultRedoDeadlineHours = 12

// The values of source.check.
const (
	CheckOff     = "off"
	CheckReport  = "report"  // the run's record holds the findings
	CheckRequire = "require" // like report; and a finding that fails the job stops the run
)

// The values of source.driver.
const (
	Godror = "godror"
	GoOra  = "go-ora"
)

// Auto is the value of settings that a run finds before it creates tasks: lobMaxKB, and parallel of a table, a job or the
// department.
const Auto = "auto"

// None is the value of a table's parallel that overrides its job: the table is not split.
const None = "none"

// Measured is the value of LOBMaxKB for lobMaxKB: auto.
const Measured = -1

// Counts is the only value of verify: a run compares the rows of a load with the rows at the source.
const Counts = "counts"

// Replication is the DMS replication instance.
type Replication struct {
	Class         string // default dms.c6i.large
	StorageGB     int    // default 100
	EngineVersion string // default 3.6.1
	MultiAZ       bool
	// MaintenanceWindow is the weekly time in UTC, such as sun:15:00-sun:15:30, at which DMS may patch and restart the
	// instance. The default is a time that no full load's schedule runs into, if there is one: see defaultWindow.
	MaintenanceWindow string
}

// Lake says how DMS writes files to S3.
type Lake struct {
	Format             string // parquet (default) or csv
	MaxFileMB          int    // the largest size of a full-load file, in megabytes; default 1024
	CDCMaxBatchSeconds int    // the longest time before DMS writes a file of changes; default 600
	CDCMinFileMB       int    // the size at which DMS writes a file of changes earlier, in megabytes; default 64
	TimestampColumn    string // holds the time of the commit, or of the task's start in a full load; default ORALAKE_TS
	// Catalog is CatalogGlue if full loads have tables in the Data Catalog of AWS Glue, and CatalogOff if not. The default is
	// CatalogGlue, and CatalogOff for CSV.
	Catalog        string
	Database       string // in the Data Catalog; default oralake_NAME; empty if Catalog is CatalogOff
	KeepSnapshots  int    // how many full loads of a table stay: the published one and earlier ones; default 2
	ReadersMinutes int    // how long the files of a replaced full load stay at least, for those who are reading them; default 60
}

// Type is a job's migration type, by DMS's name.
type Type string

// The migration types.
const (
	FullLoad       Type = "full-load"
	CDC            Type = "cdc"
	FullLoadAndCDC Type = "full-load-and-cdc"
)

// Continuous reports whether the type follows changes. A task of such a type never ends by itself.
func (t Type) Continuous() bool { return t == CDC || t == FullLoadAndCDC }

// Job is a named list of tables with one migration type and one schedule.
type Job struct {
	Name          string
	Type          Type
	Schedule      string // an EventBridge Scheduler expression; default cron(0 4 * * ? *), or rate(1 hour) for CDC
	Tables        []Table
	TablesPerTask int    // the most tables of a full load in one DMS task; default 50; 0 for other types, which have one task
	ParallelLoads int    // tables that a task loads at the same time (MaxFullLoadSubTasks); default 8, at most 49
	LOBMaxKB      int    // the LOB limit in kilobytes, or Measured; a longer LOB fails the task; default 32
	Parallel      string // Auto, if each run plans how the tables without a parallel of their own are split
	// TimeLimitHours is how long a run may take, in hours. After it the run fails, and oralake stops the tasks of a full
	// load. The default is 24.
	TimeLimitHours int
	// KeepFailedTask keeps the tasks of a failed full load until the next run, so that a person can examine them.
	KeepFailedTask bool
	// Verify is Counts if a run compares the rows of a full load with the rows at the source.
	Verify string
	// Expect and OnSchemaChange are the gates of tables that have none of their own: see GatesOf.
	Expect         Expect
	OnSchemaChange string

	// The other fields belong to jobs that follow changes.

	// Paused stops the task and keeps it, with its position in the redo log.
	Paused bool
	// OnReplace is Restart if oralake may replace the task for a change that DMS cannot make to it.
	OnReplace string
	// Backfill says whether a table that is added to a cdc job is loaded once in full. It is nil if the file does not say.
	Backfill *bool
	// StartFrom is the position at which a cdc job starts for the first time: StartNow (the default), an SCN in digits, or
	// a time in RFC 3339. It is empty for other types. An SCN or a time is used as it is: the changes of transactions that
	// were open at that position and began before it are missed.
	StartFrom string
}

// Restart is the only value of onReplace: delete the task and create a new one, which loses the old task's position in
// the redo log.
const Restart = "restart"

// StartNow is the value of startFrom that starts with the changes after the task's first start, those of transactions that
// are open then included.
const StartNow = "now"

// The columns that DMS adds to the rows of a job that follows changes, besides the lake's timestamp column. The first two
// are empty in rows of a full load.
const (
	ColumnSCN      = "ORALAKE_SCN" // the SCN of the change
	ColumnSequence = "ORALAKE_SEQ" // sorts changes, as text, in the order of their commits
	ColumnOp       = "Op"          // I, U or D: insert, update or delete; DMS chooses the column's name
)

// AddedColumns returns the columns that the files of a job have besides those of its tables.
func (l Lake) AddedColumns(of Type) []string {
	if of.Continuous() {
		return []string{l.TimestampColumn, ColumnSCN, ColumnSequence, ColumnOp}
	}
	return []string{l.TimestampColumn}
}

// Table is one Oracle table or view of a job.
type Table struct {
	Schema   string
	Name     string
	Filters  []Filter
	Exclude  []string // columns that are not loaded
	Rename   Rename
	LOBMaxKB int // the LOB limit in kilobytes, or Measured; 0 for the job's limit
	Parallel *Parallel
	View     bool // it is a view, which only a full load can read
	// Expect and OnSchemaChange replace those of the job.
	Expect         Expect
	OnSchemaChange string
}

// String returns SCHEMA.TABLE, the table's name in records and messages.
func (t Table) String() string { return t.Schema + "." + t.Name }

// Target returns the table's schema and name in the lake.
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

// Filter is a condition on the rows that are loaded. Conditions on different columns must all hold. Of several conditions
// on one column, one is enough (CHAP_Tasks.CustomizingTasks.Filters).
type Filter struct {
	Column   string
	Operator string // eq, noteq, gte, lte, between, notbetween, null or notnull
	Value    string // for eq, noteq, gte and lte
	From, To string // for between and notbetween, both ends included
}

// Rename is a table's name in the lake. An empty part keeps the name of the source.
type Rename struct {
	Schema string
	Table  string
}

// Parallel splits the full load of one table
// (CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Tablesettings).
type Parallel struct {
	Type       string     // partitions-auto, partitions-list, ranges, Auto or None
	Partitions []string   // for partitions-list
	Columns    []string   // for ranges: indexed, NOT NULL, at most 10
	Boundaries [][]string // for ranges: ascending upper bounds, with a value for each column
}
