package records

import "time"

// RedoDeadline says how long the task of a job that follows changes may stand still: until its source deletes the archived redo
// logs that the task must still read.
type RedoDeadline struct {
	// Hours is how long, from MeasuredAt on. It is negative if the logs are deleted already, and nil if it is not known: Text says
	// why.
	Hours *float64 `dynamodbav:"hours,omitempty" json:"hours,omitempty"`
	// Until is MeasuredAt plus Hours; nil if Hours is nil, and if AtLeast.
	Until *time.Time `dynamodbav:"until,omitempty" json:"until,omitempty"`
	// AtLeast says that the task may stand still for longer than Hours: no archived log has been deleted, as far as the source
	// knows, so it is not known how long it keeps them.
	AtLeast bool `dynamodbav:"atLeast,omitempty" json:"atLeast,omitempty"`
	// Low says that Hours is less than LimitHours, which is source.redoDeadlineHours of the department's file.
	Low        bool `dynamodbav:"low,omitempty" json:"low,omitempty"`
	LimitHours int  `dynamodbav:"limitHours,omitempty" json:"limitHours,omitempty"`
	// MeasuredAt is when the source was asked; nil if it was not, or did not answer.
	MeasuredAt *time.Time `dynamodbav:"measuredAt,omitempty" json:"measuredAt,omitempty"`
	// Destination is the archived log destination that DMS reads. LogHours is how far back its logs went at MeasuredAt.
	Destination int64    `dynamodbav:"destination,omitempty" json:"destination,omitempty"`
	LogHours    *float64 `dynamodbav:"logHours,omitempty" json:"logHours,omitempty"`
	// NeededHours is how far back the task had to read then: to what it has not written yet, or to the beginning of the oldest open
	// transaction.
	NeededHours *float64 `dynamodbav:"neededHours,omitempty" json:"neededHours,omitempty"`
	Text        string   `dynamodbav:"text" json:"text"` // for people
}

// NeededFrom is from where on the task must read the redo log, as it was at MeasuredAt; zero if it is not known.
func (d RedoDeadline) NeededFrom() time.Time {
	if d.MeasuredAt == nil || d.NeededHours == nil {
		return time.Time{}
	}
	return d.MeasuredAt.Add(-hours(*d.NeededHours))
}

// Left is how long the task may still stand still at a time at or after MeasuredAt, if it has stood still since then. known is
// false if Hours is not known.
func (d RedoDeadline) Left(at time.Time) (left time.Duration, known bool) {
	if d.Hours == nil || d.MeasuredAt == nil {
		return 0, false
	}
	return hours(*d.Hours) - at.Sub(*d.MeasuredAt), true
}

func hours(n float64) time.Duration { return time.Duration(n * float64(time.Hour)) }

// RedoState is what a job keeps of its RedoDeadline from one run to the next.
type RedoState struct {
	// Last is the last one that was known.
	Last RedoDeadline `dynamodbav:"last"`
	// Alerted says that people were told that it is low, and that it has not been above its limit since.
	Alerted bool `dynamodbav:"alerted,omitempty"`
}
