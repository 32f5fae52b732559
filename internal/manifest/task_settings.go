package manifest

import "github.com/oralake/oralake/internal/department"

// settings are DMS task settings (CHAP_Tasks.CustomizingTasks.TaskSettings). Settings that are not here keep DMS's
// default. Nearly all values have one purpose: a row that does not reach the lake must be visible as an error.
type settings struct {
	TargetMetadata   targetMetadata   `json:"TargetMetadata"`
	FullLoadSettings fullLoadSettings `json:"FullLoadSettings"`
	Logging          logging          `json:"Logging"`
	DDLHandling      ddlHandling      `json:"ChangeProcessingDdlHandlingPolicy"`
	ErrorBehavior    errorBehavior    `json:"ErrorBehavior"`
}

// targetMetadata has the settings for LOBs and batches (...TaskSettings.TargetMetadata). An S3 target has only limited LOB
// mode. LobMaxSize is in KB; the source endpoint fails the task if a LOB is longer. Batch apply is off: it can lose
// changes on S3.
type targetMetadata struct {
	SupportLobs        bool `json:"SupportLobs"`
	FullLobMode        bool `json:"FullLobMode"`
	LimitedSizeLobMode bool `json:"LimitedSizeLobMode"`
	LobMaxSize         int  `json:"LobMaxSize"`
	BatchApplyEnabled  bool `json:"BatchApplyEnabled"`
}

// fullLoadSettings has the settings for full loads (...TaskSettings.FullLoad).
type fullLoadSettings struct {
	TargetTablePrepMode             string `json:"TargetTablePrepMode"`
	CreatePkAfterFullLoad           bool   `json:"CreatePkAfterFullLoad"`
	StopTaskCachedChangesApplied    bool   `json:"StopTaskCachedChangesApplied"`
	StopTaskCachedChangesNotApplied bool   `json:"StopTaskCachedChangesNotApplied"`
	MaxFullLoadSubTasks             int    `json:"MaxFullLoadSubTasks"`           // tables or segments loaded at the same time
	TransactionConsistencyTimeout   int    `json:"TransactionConsistencyTimeout"` // seconds; a load without CDC does not wait
	CommitRate                      int    `json:"CommitRate"`                    // rows transferred together
}

// logging turns on the log components that Security Hub's controls DMS.7 and DMS.8 require, and the task manager, which
// logs why a task ended (...TaskSettings.Logging).
type logging struct {
	EnableLogging bool           `json:"EnableLogging"`
	LogComponents []logComponent `json:"LogComponents"`
}

type logComponent struct {
	ID       string `json:"Id"`
	Severity string `json:"Severity"`
}

// ddlHandling says which DDL of the source DMS repeats in the lake (...TaskSettings.DDLHandling). New and changed columns
// are repeated. TRUNCATE and DROP are not: DMS would delete the table's files from S3.
type ddlHandling struct {
	HandleSourceTableDropped   bool `json:"HandleSourceTableDropped"`
	HandleSourceTableTruncated bool `json:"HandleSourceTableTruncated"`
	HandleSourceTableAltered   bool `json:"HandleSourceTableAltered"`
}

// errorBehavior says what DMS does after an error (...TaskSettings.ErrorHandling). DMS's defaults log a bad or truncated
// record and continue without it, so the loss is not visible. Here DMS suspends the record's table. The statistics then
// show the table, the run fails and names it, and the other tables continue.
type errorBehavior struct {
	DataErrorPolicy            string `json:"DataErrorPolicy"`
	DataTruncationErrorPolicy  string `json:"DataTruncationErrorPolicy"`
	DataErrorEscalationPolicy  string `json:"DataErrorEscalationPolicy"`
	TableErrorPolicy           string `json:"TableErrorPolicy"`
	TableErrorEscalationPolicy string `json:"TableErrorEscalationPolicy"` // STOP_TASK is the only value
	ApplyErrorDeletePolicy     string `json:"ApplyErrorDeletePolicy"`
	ApplyErrorInsertPolicy     string `json:"ApplyErrorInsertPolicy"`
	ApplyErrorUpdatePolicy     string `json:"ApplyErrorUpdatePolicy"`
	// FailOnNoTablesCaptured fails a task whose rules select no table of the source. Otherwise the task succeeds and loads
	// nothing.
	FailOnNoTablesCaptured bool `json:"FailOnNoTablesCaptured"`
	// FailOnTransactionConsistencyBreached fails a task that would start CDC without the changes of a transaction that
	// stayed open for longer than TransactionConsistencyTimeout. It applies only to CDC from Oracle.
	FailOnTransactionConsistencyBreached bool `json:"FailOnTransactionConsistencyBreached"`
}

const (
	suspendTable = "SUSPEND_TABLE"
	stopTask     = "STOP_TASK"
)

// settingsOf returns the settings of a task. lob is the largest LOB limit of its tables, in KB. openMinutes is how long a full
// load that is followed by CDC waits for the transactions that are open when the task starts.
func settingsOf(j department.Job, lob, openMinutes int) settings {
	return settings{
		TargetMetadata: targetMetadata{SupportLobs: true, LimitedSizeLobMode: true, LobMaxSize: lob},
		FullLoadSettings: fullLoadSettings{
			TargetTablePrepMode:           prepMode(j.Type),
			MaxFullLoadSubTasks:           j.ParallelLoads,
			TransactionConsistencyTimeout: openMinutes * 60,
			CommitRate:                    10000,
		},
		Logging: logging{EnableLogging: true, LogComponents: []logComponent{
			logged("SOURCE_UNLOAD"), logged("SOURCE_CAPTURE"), logged("TARGET_LOAD"), logged("TARGET_APPLY"),
			logged("TASK_MANAGER"),
		}},
		DDLHandling: ddlHandling{HandleSourceTableAltered: true},
		ErrorBehavior: errorBehavior{
			DataErrorPolicy:                      suspendTable,
			DataTruncationErrorPolicy:            suspendTable,
			DataErrorEscalationPolicy:            suspendTable,
			TableErrorPolicy:                     suspendTable,
			TableErrorEscalationPolicy:           stopTask,
			ApplyErrorDeletePolicy:               suspendTable,
			ApplyErrorInsertPolicy:               suspendTable,
			ApplyErrorUpdatePolicy:               suspendTable,
			FailOnNoTablesCaptured:               true,
			FailOnTransactionConsistencyBreached: j.Type.Continuous(),
		},
	}
}

func logged(component string) logComponent {
	return logComponent{ID: component, Severity: "LOGGER_SEVERITY_DEFAULT"}
}

// The values of TargetTablePrepMode that oralake uses: what DMS does with a table's files before it loads the table.
const (
	dropAndCreate = "DROP_AND_CREATE"
	doNothing     = "DO_NOTHING"
)

// prepMode returns TargetTablePrepMode for a migration type. A cdc task loads nothing and must delete nothing. Other tasks replace all
// files in the table's folder.
//
// A full load has a folder of its own in each run (Job.ForSnapshot), which is empty when it starts. Only one thing can leave files
// there: DMS itself, or the run, starts a table again whose load was broken (CHAP_ReplicationInstance.MaintenanceWindow). With
// DO_NOTHING the files of the first attempt would stay if they are more than those of the second. Nobody reads them before the run has
// published the folder.
//
// The load of a full-load-and-cdc job replaces the files of its changes, too: readers would apply changes from before a reload to the
// reloaded rows.
//
// Assumption: with DROP_AND_CREATE DMS deletes everything below FOLDER/SCHEMA/TABLE/ before it loads the table, including
// the files of changes. The guide does not say exactly what DMS deletes. To check the assumption in an account: reload a
// table of a full-load-and-cdc job and list its folder. Files older than the reload must be gone.
func prepMode(t department.Type) string {
	if t == department.CDC {
		return doNothing
	}
	return dropAndCreate
}
