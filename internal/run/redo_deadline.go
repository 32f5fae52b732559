package run

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/oralake/oralake/internal/records"
)

// redoDeadline returns how long the task that follows changes may stand still, as the record of this run says; nil for a full
// load. read is up to when the task has written the changes of its source, as CloudWatch says; zero if CloudWatch does not say it:
// then the task has written at least what an earlier run has seen, and it may be stopped since.
func redoDeadline(doc *Document, last *records.RedoState, read, now time.Time) *records.RedoDeadline {
	if !doc.Type.Continuous() {
		return nil
	}
	look := doc.Redo
	if look == nil {
		return unknownDeadline("the run ended before it asked the database")
	}
	d := &records.RedoDeadline{LimitHours: look.LimitHours}
	found := look.Found
	if found == nil {
		d.Text = unknownDeadline(cmp.Or(look.Problem, "the run ended before the database answered")).Text
		return d
	}
	d.MeasuredAt, d.Destination, d.LogHours = &look.At, found.Destination, found.LogHours
	needed, why := neededHours(found.TransactionHours, last, read, now)
	if why == "" {
		d.NeededHours = &needed
	}
	switch {
	case found.LogHours == nil:
		d.Text = unknownDeadline(found.Problem).Text
		return d
	case d.NeededHours == nil:
		d.Text = unknownDeadline(why).Text
		return d
	}
	left := *found.LogHours - needed
	if found.AllKept {
		left = max(left, 0) // No log is missing.
		d.AtLeast = true
	} else {
		d.Until = new(look.At.Add(time.Duration(left * float64(time.Hour))))
	}
	d.Hours, d.Low = &left, !d.AtLeast && left < float64(d.LimitHours)
	d.Text = deadlineText(d)
	if found.TransactionProblem != "" {
		d.Text += "; the open transactions are not known: " + found.TransactionProblem
	}
	return d
}

func unknownDeadline(why string) *records.RedoDeadline {
	return &records.RedoDeadline{Text: "not known how long the task may stand still: " + why}
}

// neededHours returns how many hours back the task must be able to read the redo log. why says why it is not known.
//
// The task must read what it has not written yet, and the transactions that are open from their beginnings. The format of its
// checkpoint is not documented for Oracle, so nothing is read from that.
func neededHours(transaction *float64, last *records.RedoState, read, now time.Time) (needed float64, why string) {
	if read.IsZero() && last != nil {
		read = last.Last.NeededFrom()
	}
	if read.IsZero() {
		return 0, "CloudWatch has no latency of the task yet"
	}
	needed = max(now.Sub(read).Hours(), 0)
	if transaction != nil {
		needed = max(needed, *transaction)
	}
	return needed, ""
}

// deadlineText is a deadline that is known, for people.
func deadlineText(d *records.RedoDeadline) string {
	logs := fmt.Sprintf("the archived redo logs of destination %d go back %.1f hours, and the task must read the last %.1f hours",
		d.Destination, *d.LogHours, *d.NeededHours)
	switch {
	case d.AtLeast:
		return fmt.Sprintf("the task may stand still for at least %.1f hours: %s; none of the logs has been deleted yet", *d.Hours, logs)
	case *d.Hours < 0:
		return "the redo log that the task needs is deleted: " + logs
	default:
		return fmt.Sprintf("the task may stand still for %.1f hours, until %s: %s", *d.Hours, d.Until.UTC().Format("2006-01-02 15:04 MST"), logs)
	}
}

// noteRedoDeadline keeps in the state the deadline of a record, if it is known and newer than the one that the state has.
func (s *jobState) noteRedoDeadline(d *records.RedoDeadline) {
	if s.PK == "" || d == nil || d.Hours == nil {
		return
	}
	if s.Redo == nil {
		s.Redo = &records.RedoState{}
	}
	if before := s.Redo.Last.MeasuredAt; before != nil && !d.MeasuredAt.After(*before) {
		return
	}
	s.Redo.Last = *d
	s.Redo.Alerted = s.Redo.Alerted && d.Low
}

// alertRedoDeadline tells people that the task may stand still for fewer hours than the department's file wants: once, and again
// only after it was more. told says that the alert of a failed run has told it just now. An alert that cannot be sent is sent by the
// next run.
func (r Record) alertRedoDeadline(ctx context.Context, log *slog.Logger, run records.Run, told bool, s *jobState) {
	if s.Redo == nil || !s.Redo.Last.Low || s.Redo.Alerted {
		return
	}
	if told {
		s.Redo.Alerted = true
		return
	}
	d := s.Redo.Last
	_, err := r.Alerts.Topic.Publish(ctx, &sns.PublishInput{
		TopicArn: aws.String(r.Alerts.TopicARN),
		Subject:  aws.String(fmt.Sprintf("oralake %s: %s: redo deadline of %.1f hours", r.Department, run.Job, *d.Hours)),
		Message: aws.String(fmt.Sprintf("Job %s of department %s: %s.\n\nThe limit is %d hours (source.redoDeadlineHours). A task that stands "+
			"still for longer cannot continue, and its tables must be loaded again. Resume a task that is stopped, keep the archived logs "+
			"for longer, or end the oldest transaction. The next alert comes only after it was above the limit.\n\n"+
			"Records: table %s, %s\n", run.Job, r.Department, d.Text, d.LimitHours, r.Table, run.PK)),
	})
	if err != nil {
		log.Error("the alert about the redo deadline is not sent", "task", "", "reason", err.Error())
		return
	}
	s.Redo.Alerted = true
}
