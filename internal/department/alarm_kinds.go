package department

// AlarmKind is what an alarm of a department's stack watches. The name of the alarm is STACK-KIND, and STACK-KIND-JOB for a kind that
// has an alarm for each job.
type AlarmKind string

// The kinds of alarms.
const (
	AlarmFailed            AlarmKind = "failed-runs"
	AlarmTimedOut          AlarmKind = "timed-out-runs"
	AlarmAborted           AlarmKind = "aborted-runs"
	AlarmThrottled         AlarmKind = "throttled-runs"
	AlarmDeadLetters       AlarmKind = "dead-letters"
	AlarmDroppedStarts     AlarmKind = "dropped-starts"
	AlarmLostStarts        AlarmKind = "lost-starts" // dropped, and not in the dead-letter queue either
	AlarmFunctionErrors    AlarmKind = "function-errors"
	AlarmFunctionThrottles AlarmKind = "function-throttles"
	AlarmLate              AlarmKind = "late"           // of each job
	AlarmSourceLatency     AlarmKind = "source-latency" // of each job that follows changes
	AlarmTargetLatency     AlarmKind = "target-latency" // of each job that follows changes
	AlarmStorage           AlarmKind = "storage"
	AlarmMemory            AlarmKind = "memory"
	AlarmSwap              AlarmKind = "swap"
	AlarmCPU               AlarmKind = "cpu"
	AlarmNotifications     AlarmKind = "notifications"
	AlarmDepartment        AlarmKind = "department" // fires when one of the others does
)

// ofJobs are the kinds with an alarm for each job.
var ofJobs = []AlarmKind{AlarmLate, AlarmSourceLatency, AlarmTargetLatency}

// AlarmKinds returns all kinds.
func AlarmKinds() []AlarmKind {
	return []AlarmKind{
		AlarmFailed, AlarmTimedOut, AlarmAborted, AlarmThrottled, AlarmDeadLetters, AlarmDroppedStarts, AlarmLostStarts,
		AlarmFunctionErrors, AlarmFunctionThrottles, AlarmLate, AlarmSourceLatency, AlarmTargetLatency, AlarmStorage, AlarmMemory,
		AlarmSwap, AlarmCPU, AlarmNotifications, AlarmDepartment,
	}
}
