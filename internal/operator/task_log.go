package operator

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/oralake/oralake/internal/verdict"
)

// LogLine is a line of a task's log.
type LogLine struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// Lines of errors and of warnings have these words ("Managing AWS DMS task logs"): "2026-01-31T02:00:00 [TASK_MANAGER ]E:  ...".
const (
	errorLines   = `"]E:"`
	warningLines = `"]W:"`
)

// mostLines is how many lines of a log an explanation has.
const mostLines = 20

// logMargin is how much before and after a run its lines are searched: CloudWatch has the time at which DMS sent them.
const logMargin = 5 * time.Minute

// logDays is how far back the log of a task that failed is read, if it says nothing in the time of the run: the run only found what had
// happened before.
const logDays = 2

// readLog reads the last lines of errors and warnings that a task has written between two times. A log that cannot be read is no
// reason not to explain the rest.
func (d *Department) readLog(ctx context.Context, t *TaskReport, from, to time.Time) {
	if t.LogStream == "" {
		return
	}
	d.readLines(ctx, t, from, to)
	if len(t.Lines) == 0 && t.Outcome != string(verdict.Succeeded) {
		d.readLines(ctx, t, to.AddDate(0, 0, -logDays), to)
	}
}

// readLines reads the lines of readLog.
func (d *Department) readLines(ctx context.Context, t *TaskReport, from, to time.Time) {
	for _, pattern := range []string{errorLines, warningLines} {
		pages := cloudwatchlogs.NewFilterLogEventsPaginator(d.logs, &cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: &t.LogGroup, LogStreamNames: []string{t.LogStream}, FilterPattern: aws.String(pattern),
			StartTime: aws.Int64(from.Add(-logMargin).UnixMilli()), EndTime: aws.Int64(to.Add(logMargin).UnixMilli()),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				t.LogProblem = err.Error()
				return
			}
			for _, event := range page.Events {
				t.Lines = append(t.Lines, LogLine{time.UnixMilli(aws.ToInt64(event.Timestamp)).UTC(), aws.ToString(event.Message)})
			}
		}
	}
	slices.SortStableFunc(t.Lines, func(a, b LogLine) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Text, b.Text)) })
	t.Lines = t.Lines[max(0, len(t.Lines)-mostLines):]
}
