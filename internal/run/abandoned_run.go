package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// Executions describes executions of the state machine.
type Executions interface {
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
}

// JobOf returns the job of an execution; for a recovery, the job of the run that it recovers. It is empty if the input names no job,
// and for an execution that Step Functions does not know any more.
func JobOf(ctx context.Context, api Executions, execution string) (string, error) {
	_, job, err := recoveredBy(ctx, api, execution)
	return job, err
}

// recoveredBy returns the ARN of the run that an execution recovers, and the job of that run: see JobOf. If the execution is no
// recovery, it is the run itself.
func recoveredBy(ctx context.Context, api Executions, execution string) (run, job string, err error) {
	out, err := api.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &execution})
	var unknown *types.ExecutionDoesNotExist
	if errors.As(err, &unknown) {
		return execution, "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("describe execution %s: %w", execution, err)
	}
	var input Request
	// If the input is not a request, the job is unknown. Such an execution ends by itself: Prepare fails it.
	_ = json.Unmarshal([]byte(aws.ToString(out.Input)), &input)
	if input.Recover != "" {
		return recoveredBy(ctx, api, input.Recover)
	}
	return execution, input.Job, nil
}

// RecordAbandonedRun writes the record of the run that holds a job's lease, if its execution has ended without writing it. If the run has
// a record, but has not published its tables, the record says so afterwards: only the holder of the lease can publish them. It returns
// why the execution ended, for people. why is empty if the execution is still running: then its lease must not be taken.
// Call it before taking over the lease of an abandoned run: no other code records that run.
func RecordAbandonedRun(
	ctx context.Context, env contract.Environment, executions Executions, store records.LeaseStore, job, execution string,
) (why string, err error) {
	abandoned, err := recordAbandonedRun(ctx, env, executions, store, job, execution)
	if err != nil || abandoned == nil {
		return "", err
	}
	return abandoned.endError.Cause, nil
}

// recordAbandonedRun does what RecordAbandonedRun says. It returns nil if the execution is still running.
func recordAbandonedRun(
	ctx context.Context, env contract.Environment, executions Executions, store records.LeaseStore, job, execution string,
) (*abandonedRun, error) {
	abandoned, err := describeAbandonedRun(ctx, executions, execution)
	if err != nil || abandoned == nil {
		return nil, err
	}
	// If the execution is a recovery, abandoned is the run that it was started to recover.
	if abandoned.needsRecord() {
		record := abandoned.record(job, env.RecordDays)
		err = records.WriteIfAbsent(ctx, store, env.Table, record)
		if err == nil {
			err = records.GiveUpPublication(ctx, store, env.Table, record.Key, notPublished+abandoned.endError.Cause, ErrorNotPublished)
		}
	}
	return abandoned, err
}

// alertAbandoned sends the alert about a recorded abandoned run, if none was sent, before this run takes over its lease. Otherwise the
// alert would depend on the event that starts the recovery, which AWS may lose. If the call is interrupted, the lease still has its old
// holder, and the next call repeats it. An alert that cannot be sent does not keep the job from running.
func (p Prepare) alertAbandoned(ctx context.Context, log *slog.Logger, job string, abandoned *abandonedRun) error {
	if !abandoned.needsRecord() {
		return nil
	}
	recorded, found, err := records.Find(ctx, p.Records, p.Table, abandoned.record(job, p.RecordDays).Key)
	if err != nil || !found || recorded.Outcome == string(verdict.Succeeded) || recorded.Alerted {
		return err
	}
	if err := p.Alerts.send(ctx, recorded, nil, nil); err != nil {
		log.Error("the alert about an abandoned run is not sent: only its recovery can send it now", "task", "",
			"abandoned", abandoned.execution, "reason", err.Error())
		return nil
	}
	return records.MarkAlerted(ctx, p.Leases, p.Table, recorded)
}

// notPublished begins the reason of a run that is recorded as good and has not published its tables.
const notPublished = "not all that it has loaded could be published, and readers keep what they see until the next run of the job: "

// abandonedRun is a run whose execution has ended.
type abandonedRun struct {
	execution   string    // ARN of the execution
	startedAt   time.Time // zero if Step Functions does not know the execution any more
	stoppedAt   time.Time
	interrupted bool // the execution was stopped or timed out: a function that it has called may still be running
	// succeeded says that there is nothing to record: the run has recorded itself, or it was skipped and a repeated call of
	// Prepare took the lease afterwards.
	succeeded bool
	request   Request
	endError  Error // why the execution ended
	// holders are the executions that may hold the lease: the run's own, and those of its failed recoveries. The last of these
	// ended at recoveryFailedAt.
	holders          []string
	recoveryFailedAt time.Time
}

// describeAbandonedRun describes the run of an execution that has ended. It returns nil for a running execution. For a recovery
// it describes the run that the recovery was started for. An execution that Step Functions does not know has ended, too: Step
// Functions keeps executions for 90 days (Step Functions quotas).
func describeAbandonedRun(ctx context.Context, api Executions, execution string) (*abandonedRun, error) {
	out, err := api.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &execution})
	var unknown *types.ExecutionDoesNotExist
	if errors.As(err, &unknown) {
		return &abandonedRun{
			execution: execution, holders: []string{execution},
			endError: Error{"Forgotten", "Step Functions does not know the execution any more: it ended more than 90 days ago"},
		}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe execution %s: %w", execution, err)
	}
	if out.Status == types.ExecutionStatusRunning {
		return nil, nil
	}
	abandoned := &abandonedRun{
		execution: execution, holders: []string{execution}, startedAt: aws.ToTime(out.StartDate), stoppedAt: aws.ToTime(out.StopDate),
		interrupted: out.Status == types.ExecutionStatusAborted || out.Status == types.ExecutionStatusTimedOut,
		succeeded:   out.Status == types.ExecutionStatusSucceeded,
		endError:    Error{Error: string(out.Status), Cause: "the execution ended before the run was done"},
	}
	if out.Status == types.ExecutionStatusAborted {
		abandoned.endError.Cause = "the execution was stopped before the run was done"
	}
	if detail := aws.ToString(out.Cause); detail != "" {
		abandoned.endError.Cause += ": " + detail
	}
	// If the input is not a request, the execution belongs to no job: request stays empty.
	_ = json.Unmarshal([]byte(aws.ToString(out.Input)), &abandoned.request)
	if abandoned.request.Recover == "" {
		return abandoned, nil
	}
	recovered, err := describeAbandonedRun(ctx, api, abandoned.request.Recover)
	if err != nil || recovered == nil {
		return abandoned, err
	}
	recovered.holders, recovered.recoveryFailedAt = append(abandoned.holders, recovered.holders...), abandoned.stoppedAt
	return recovered, nil
}

// needsRecord says that the run must have a record of its failure.
func (a abandonedRun) needsRecord() bool { return !a.startedAt.IsZero() && !a.succeeded }

// record is the record of a run that ended without writing one.
func (a abandonedRun) record(job string, days int) records.Run {
	return records.AbandonedRecord(job, a.execution, a.startedAt, a.stoppedAt, a.endError.Error, verdict.Shorten(a.endError.Cause), days)
}

// maxRecoveryDelay is the longest that a recovery waits because earlier recoveries failed.
const maxRecoveryDelay = 30 * time.Minute

// recoveryDelay returns how long a recovery still has to wait. It waits until no function of an interrupted execution can be
// running. It also waits longer the more recoveries have failed: each failed recovery starts the next, and the cause may last.
func (a *abandonedRun) recoveryDelay(now time.Time) (left time.Duration) {
	if a.interrupted {
		left = contract.StepTimeout - now.Sub(a.stoppedAt)
	}
	failed := time.Duration(len(a.holders) - 1)
	return max(left, min(failed*contract.StepTimeout, maxRecoveryDelay)-now.Sub(a.recoveryFailedAt))
}
