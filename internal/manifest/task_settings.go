package manifest

import "github.com/oralake/oralake/internal/department"

// settings are DMS task settings (CHAP_Tasks.CustomizingTasks.TaskSettings). What is not named here keeps DMS's
// default. Nearly all choices serve one end: a row that does not arrive must be seen.
type settings struct {
	TargetMetadata   targetMetadata   `json:"TargetMetadata"`
	FullLoadSettings fullLoadSettings `json:"FullLoadSettings"`
	Logging          logging          `json:"Logging"`
	DDLHandling      ddlHandling      `json:"ChangeProcessingDdlHandlingPolicy"`
	ErrorBehavior    errorBehavior    `json:"ErrorBehavior"`
}

// targetMetadata is about LOBs and batches (...TaskSettings.TargetMetadata). Limited LOB mode is the only one that an
// S3 target has; the source endpoint fails the task when a LOB is longer than LobMaxSize, in KB. Batch apply can lose
// changes on S3.
type targetMetadata struct {
	SupportLobs        bool `json:"SupportLobs"`
	FullLobMode        bool `json:"FullLobMode"`
	LimitedSizeLobMode bool `json:"LimitedSizeLobMode"`
	LobMaxSize         int  `json:"LobMaxSize"`
	BatchApplyEnabled  bool `json:"BatchApplyEnabled"`
}

// fullLoadSettings are about the first load (...TaskSettings.FullLoad).
type fullLoadSettings struct {
	TargetTablePrepMode             string `json:"TargetTablePrepMode"`
	CreatePkAfterFullLoad           bool   `json:"CreatePkAfterFullLoad"`
	StopTaskCachedChangesApplied    bool   `json:"StopTaskCachedChangesApplied"`
	StopTaskCachedChangesNotApplied bool   `json:"StopTaskCachedChangesNotApplied"`
	MaxFullLoadSubTasks             int    `json:"MaxFullLoadSubTasks"`           // tables, or segments, at once
	TransactionConsistencyTimeout   int    `json:"TransactionConsistencyTimeout"` // seconds to wait for open transactions
	CommitRate                      int    `json:"CommitRate"`                    // rows handed over together
}

// logging is what Security Hub's controls DMS.7 and DMS.8 ask for, and the task manager, which says why a task ended
// (...TaskSettings.Logging).
type logging struct {
	EnableLogging bool           `json:"EnableLogging"`
	LogComponents []logComponent `json:"LogComponents"`
}

type logComponent struct {
	ID       string `json:"Id"`
	Severity string `json:"Severity"`
}

// ddlHandling says what DDL at the source does to the lake (...TaskSettings.DDLHandling). A TRUNCATE or DROP would
// delete the table's files from S3; new and changed columns are followed.
type ddlHandling struct {
	HandleSourceTableDropped   bool `json:"HandleSourceTableDropped"`
	HandleSourceTableTruncated bool `json:"HandleSourceTableTruncated"`
	HandleSourceTableAltered   bool `json:"HandleSourceTableAltered"`
}

// errorBehavior says what an error does (...TaskSettings.ErrorHandling). DMS's defaults log a bad or cut record and
// go on without it, which nobody notices. Here its table is suspended: the statistics then show it, the run fails
// with its name, and the other tables go on.
type errorBehavior struct {
	DataErrorPolicy            string `json:"DataErrorPolicy"`
	DataTruncationErrorPolicy  string `json:"DataTruncationErrorPolicy"`
	DataErrorEscalationPolicy  string `json:"DataErrorEscalationPolicy"`
	TableErrorPolicy           string `json:"TableErrorPolicy"`
	TableErrorEscalationPolicy string `json:"TableErrorEscalationPolicy"` // DMS knows only STOP_TASK
	ApplyErrorDeletePolicy     string `json:"ApplyErrorDeletePolicy"`
	ApplyErrorInsertPolicy     string `json:"ApplyErrorInsertPolicy"`
	ApplyErrorUpdatePolicy     string `json:"ApplyErrorUpdatePolicy"`
	// FailOnNoTablesCaptured fails a task whose rules find no table, rather than let it succeed with nothing.
	FailOnNoTablesCaptured bool `json:"FailOnNoTablesCaptured"`
	// FailOnTransactionConsistencyBreached fails a task that would begin CDC without the changes of a transaction
	// which stayed open for longer than TransactionConsistencyTimeout. It is about Oracle and CDC only.
	FailOnTransactionConsistencyBreached bool `json:"FailOnTransactionConsistencyBreached"`
}

const (
	suspendTable = "SUSPEND_TABLE"
	stopTask     = "STOP_TASK"
)

// settingsOf writes the settings of a task; lob is the longest LOB that any of its tables may hold, in KB.
func settingsOf(j department.Job, lob int) settings {
	return settings{
		TargetMetadata: targetMetadata{SupportLobs: true, LimitedSizeLobMode: true, LobMaxSize: lob},
		FullLoadSettings: fullLoadSettings{
			TargetTablePrepMode:           prepMode(j.Type),
			MaxFullLoadSubTasks:           j.ParallelLoads,
			TransactionConsistencyTimeout: 600,
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

// The two modes of preparing a table's folder for a load.
const (
	dropAndCreate = "DROP_AND_CREATE"
	doNothing     = "DO_NOTHING"
)

// prepMode says what a load does with files that are there already. A load replaces what its table has in its folder: a
// shorter one would otherwise leave yesterday's last files standing, and changes from before a reload would be applied
// to it. A cdc task loads nothing and must delete nothing.
//
// Assumption: with DROP_AND_CREATE DMS deletes everything below FOLDER/SCHEMA/TABLE/ before it loads the table, files of
// changes with it; the guide does not say how far it goes. To check it on an account: reload a table of a
// full-load-and-cdc job and list its folder; files older than the reload must be gone.
func prepMode(t department.Type) string {
	if t == department.CDC {
		return doNothing
	}
	return dropAndCreate
}
