package verdict

import "strings"

// stopReasons are the reasons for which DMS stops a task (API_ReplicationTask, StopReason), in words for the person who
// reads the record.
var stopReasons = map[string]string{
	"NORMAL":                         "somebody stopped it",
	"RECOVERABLE_ERROR":              "it met an error and could not recover from it: its log says which",
	"FATAL_ERROR":                    "it met an error that it cannot go on after: its log says which",
	"FULL_LOAD_ONLY_FINISHED":        "its full load is over",
	"STOPPED_AFTER_FULL_LOAD":        "its settings stop it after the full load",
	"STOPPED_AFTER_CACHED_EVENTS":    "its settings stop it after the changes that came during the full load",
	"EXPRESS_LICENSE_LIMITS_REACHED": "the limits of its licence are reached",
	"STOPPED_AFTER_DDL_APPLY":        "its settings stop it after DDL",
	"STOPPED_DUE_TO_LOW_MEMORY":      "the replication instance has too little memory: choose a larger replication.class, or load fewer tables at once",
	"STOPPED_DUE_TO_LOW_DISK":        "the replication instance's disk is full: raise replication.storageGB",
	"STOPPED_AT_SERVER_TIME":         "it was told to stop at this time",
	"STOPPED_AT_COMMIT_TIME":         "it was told to stop at a commit of this time",
	"RECONFIGURATION_RESTART":        "it is being restarted with another configuration",
	"RECYCLE_TASK":                   "DMS is restarting it",
}

// StopCode is the code in a stop reason, "NORMAL" of "Stop Reason NORMAL"; empty if there is none. The rest of a stop reason is
// text for people: it quotes the error that a failed task met.
func StopCode(stopReason string) string {
	const before = "Stop Reason "
	at := strings.LastIndex(stopReason, before)
	if at < 0 {
		return ""
	}
	code, _, _ := strings.Cut(stopReason[at+len(before):], " ")
	return code
}

// explainStopReason explains a stop reason, which DMS writes as "Stop Reason NORMAL". One that is not known stays as it is.
func explainStopReason(stopReason string) string {
	if stopReason == "" {
		return ""
	}
	// The longest name that fits: one name may be a part of another.
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
