package records

// CDCStart says where a task that follows changes starts to read the redo log for the first time.
type CDCStart struct {
	// Position is an SCN, a time in UTC (RFC 3339) or the checkpoint of an earlier task, as CreateReplicationTask got it. It is
	// empty for a task that begins with a full load: DMS chooses the position.
	Position string `dynamodbav:"position,omitempty"`
	Origin   Origin `dynamodbav:"origin"`
	// Text says for people how the position was chosen, and which changes are missed.
	Text string `dynamodbav:"text"`
	// Execution is the ARN of the execution that has chosen the position.
	Execution string `dynamodbav:"execution"`
}

// Origin says who has chosen the position of a CDCStart.
type Origin string

// The origins.
const (
	StartOfFile       Origin = "file"       // startFrom of the department's file
	StartOfCheck      Origin = "check"      // the database check: the oldest open transaction, or the current SCN
	StartOfClock      Origin = "clock"      // the time of the creation, minus openTransactionMinutes
	StartOfCheckpoint Origin = "checkpoint" // the checkpoint of an earlier task
	StartOfLoad       Origin = "full load"  // DMS itself
)
