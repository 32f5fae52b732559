package verdict

import "strings"

// stopReasons explains the stop reasons of DMS (API_ReplicationTask, StopReason) to the reader of a record.
var stopReasons = map[string]string{
	"NORMAL":                         "somebody stopped it",
	"RECOVERABLE_ERROR":              "an error stopped it, and it could not recover: its log has the error",
	"FATAL_ERROR":                    "a fatal error stopped it: its log has the error",
	"FULL_LOAD_ONLY_FINISHED":        "its full load is complete",
	"STOPPED_AFTER_FULL_LOAD":        "its settings stop it after the full load",
	"STOPPED_AFTER_CACHED_EVENTS":    "its settings stop it after the changes that were made during the full load",
	"EXPRESS_LICENSE_LIMITS_REACHED": "the limits of its licence are reached",
	"STOPPED_AFTER_DDL_APPLY":        "its settings stop it after DDL",
	"STOPPED_DUE_TO_LOW_MEMORY":      "the replication instance has too little memory: choose a larger replication.class, or load fewer tables at once",
	"STOPPED_DUE_TO_LOW_DISK":        "the replication instance's disk is full: raise replication.storageGB",
	"STOPPED_AT_SERVER_TIME":         "its settings stop it at this server time",
	"STOPPED_AT_COMMIT_TIME":         "its settings stop it at a commit of this time",
	"RECONFIGURATION_RESTART":        "it is being restarted with another configuration",
	"RECYCLE_TASK":                   "DMS is restarting it",
}

// explainStopReason adds an explanation to a stop reason, which DMS writes as "Stop Reason NORMAL". It returns a reason that it
// does not know as it is.
func explainStopReason(stopReason string) string {
	if stopReason == "" {
		return ""
	}
	// Choose the longest known name in the text: one name may be a part of another.
	var name string
	for known := range stopReasons {
		if strings.Contains(stopReason, known) && len(known) > len(name) {
			name = known
		}
	}
	if name == "" {
		return stopReason
	}
	return stopReason + ": " + stopReasons[name]
}
