package contract

import "time"

// The metrics that the function orphans writes for each job, and their dimensions. Alarms and the dashboard read them.
const (
	MetricNamespace = "oralake"

	// MetricHoursSinceSuccess is how long ago the last run of the job ended that succeeded. Before the first it counts from the first
	// look at the job.
	MetricHoursSinceSuccess = "HoursSinceSuccess"
	// MetricSourceLatency and MetricTargetLatency are CDCLatencySource and CDCLatencyTarget of the job's task, in seconds. DMS publishes
	// them under the last part of the task's ARN, which no template knows.
	MetricSourceLatency = "SourceLatency"
	MetricTargetLatency = "TargetLatency"

	DimensionStack = "Stack"
	DimensionJob   = "Job"
)

// LatencyMargin is how far a task may be behind its source, beside the time for which DMS collects a batch of changes, before the alarms
// on its latency fire.
const LatencyMargin = 15 * time.Minute
