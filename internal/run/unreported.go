package run

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// Step Functions sends the event that starts a recovery on a best-effort basis (eb-service-event.html). A run may have released its
// lease, or never have had it, and may still lack its record or its alert. So the search looks also at every execution that has failed,
// timed out or was stopped since the last search.
const (
	// eventTime is how long the search leaves an ended execution to its event. ListExecutions is eventually consistent
	// (API_ListExecutions): after this time it lists the end.
	eventTime = 10 * time.Minute
	// firstLook is how far the first search looks back.
	firstLook = 24 * time.Hour
	// longestRun is more than a run can take: timeLimitHours is at most 336, and a run waits for its lease, for DMS and for deletions.
	// ListExecutions sorts by the start of executions, and the search needs those that ended lately.
	longestRun = (336 + 24) * time.Hour
)

// recoverUnreported starts a recovery of every run that has ended without success since the last search, and that has no record or no
// alert. recovering has the runs, by the ARN of their execution, that a recovery is at work on.
func (o Orphans) recoverUnreported(ctx context.Context, log *slog.Logger, by string, recovering map[string]bool) error {
	state, err := records.FindSearchState(ctx, o.Records, o.Table)
	if err != nil {
		return err
	}
	until := time.Now().Add(-o.Real(eventTime))
	if state.EndsSeen.IsZero() {
		state.EndsSeen = until.Add(-firstLook)
	}
	ended, err := o.endedWithoutSuccess(ctx, machineOf(by), state.EndsSeen, until)
	if err != nil {
		return err
	}
	for _, execution := range ended {
		abandoned, err := describeAbandonedRun(ctx, o.Executions, execution)
		if err != nil {
			return err
		}
		if abandoned == nil || recovering[abandoned.execution] {
			continue
		}
		unreported, err := o.isUnreported(ctx, abandoned)
		if err != nil {
			return err
		}
		if unreported {
			log.Warn("people do not know of a run: starting a recovery", "task", "", "abandoned", abandoned.execution)
			if err := o.start(ctx, by, abandoned.execution, Request{Recover: execution}); err != nil {
				return err
			}
			recovering[abandoned.execution] = true
		}
	}
	state.EndsSeen = until
	return records.WriteSearchState(ctx, o.Records, o.Table, state)
}

// endedWithoutSuccess returns the ARNs of the executions that failed, timed out or were stopped after since and not after until.
func (o Orphans) endedWithoutSuccess(ctx context.Context, machine string, since, until time.Time) (ended []string, err error) {
	for _, status := range []types.ExecutionStatus{
		types.ExecutionStatusFailed, types.ExecutionStatusTimedOut, types.ExecutionStatusAborted,
	} {
		pages := sfn.NewListExecutionsPaginator(o.Executions, &sfn.ListExecutionsInput{StateMachineArn: &machine, StatusFilter: status})
		for more := true; more && pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("list executions that ended without success: %w", err)
			}
			for _, e := range page.Executions {
				if stopped := aws.ToTime(e.StopDate); stopped.After(since) && !stopped.After(until) {
					ended = append(ended, aws.ToString(e.ExecutionArn))
				}
				more = since.Sub(aws.ToTime(e.StartDate)) < longestRun // The next one started earlier.
			}
		}
	}
	return ended, nil
}

// isUnreported says that a run has failed and has no record, or that nobody was alerted to its failure.
func (o Orphans) isUnreported(ctx context.Context, abandoned *abandonedRun) (bool, error) {
	job := abandoned.request.Job
	if job == "" || !abandoned.needsRecord() {
		return false, nil
	}
	recorded, found, err := records.Find(ctx, o.Records, o.Table, abandoned.record(job, o.RecordDays).Key)
	return !found || recorded.Outcome != string(verdict.Succeeded) && !recorded.Alerted, err
}
