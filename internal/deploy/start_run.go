package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
)

// A run ends soon after its start, as skipped, if another run holds the job's lease.
const (
	// startPause is the pause between two descriptions of a started run.
	startPause = 5 * time.Second
	// skipWindow is how long after its start a run may still be skipped.
	skipWindow = 20 * time.Second
	// startTimeout is how long the resource starts further runs while its runs are skipped. After that the deploy goes on: the
	// job's schedule starts the next run.
	startTimeout = 30 * time.Minute
)

// releaseAndStartRun releases the deploy's hold of the job's lease. If the job follows changes, it starts runs until one is not
// skipped.
func (r JobResource) releaseAndStartRun(ctx context.Context, request Request, p contract.JobProperties) error {
	if err := r.releaseHold(ctx, p.Job); err != nil {
		return err
	}
	if !p.Type.Continuous() {
		return nil
	}
	for try := 1; ; try++ {
		name := request.RequestID
		if try > 1 {
			name += "-" + strconv.Itoa(try)
		}
		execution, err := r.startRun(ctx, p, name)
		if err != nil {
			return err
		}
		skipped, err := r.wasSkipped(ctx, execution)
		switch {
		case err != nil:
			return err
		case !skipped:
			return nil
		case time.Since(request.Since) > startTimeout:
			r.Log.Warn("other runs hold the job's lease: the job's next run makes the changes", "job", p.Job)
			return nil
		}
		if err := run.Wait(ctx, r.Real(min(time.Duration(try)*startPause, time.Minute))); err != nil {
			return err
		}
	}
}

// createJob starts the first run of a job that follows changes. Before that it releases the lease: a deploy that removed a job of
// this name, or that was rolled back, may still hold it.
func (r JobResource) createJob(ctx context.Context, request Request, p contract.JobProperties) error {
	if err := r.releaseHold(ctx, p.Job); err != nil || !p.Type.Continuous() {
		return err
	}
	_, err := r.startRun(ctx, p, request.RequestID)
	return err
}

// startRun starts a run of the job. name makes the call repeatable: if an earlier call has started the run of that name, startRun
// returns its execution, which may have ended.
func (r JobResource) startRun(ctx context.Context, p contract.JobProperties, name string) (execution string, err error) {
	input, err := json.Marshal(run.Request{Job: p.Job})
	if err != nil {
		return "", fmt.Errorf("start a run of job %s: %w", p.Job, err)
	}
	name = "deploy-" + name
	out, err := r.States.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &p.StateMachineArn, Name: &name, Input: aws.String(string(input)),
	})
	var exists *types.ExecutionAlreadyExists
	if errors.As(err, &exists) {
		return strings.Replace(p.StateMachineArn, ":stateMachine:", ":execution:", 1) + ":" + name, nil
	}
	if err != nil {
		return "", fmt.Errorf("start a run of job %s: %w", p.Job, err)
	}
	return aws.ToString(out.ExecutionArn), nil
}

// wasSkipped says whether a run was skipped because its job's lease had another holder. It waits until the run has ended, or for
// skipWindow.
func (r JobResource) wasSkipped(ctx context.Context, execution string) (bool, error) {
	for startedAt := time.Now(); ; {
		out, err := r.States.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &execution})
		if err != nil {
			return false, fmt.Errorf("describe run %s: %w", execution, err)
		}
		if out.Status != types.ExecutionStatusRunning {
			var ended run.Document
			// A failed run has no output. It does not concern the deploy: the run has sent its own alert.
			_ = json.Unmarshal([]byte(aws.ToString(out.Output)), &ended)
			return out.Status == types.ExecutionStatusSucceeded && ended.Phase == run.Skipped, nil
		}
		if time.Since(startedAt) > skipWindow {
			return false, nil
		}
		if err := run.Wait(ctx, r.Real(startPause)); err != nil {
			return false, err
		}
	}
}

// rollBack prepares a job for the rollback of an update. If the update has changed an endpoint of the job's task, it stops the
// task: DMS refuses to restore the endpoint's definition while the task is running. The job's next run starts the task again. If
// no endpoint has changed, a run changes the task back at once. An error of DMS does not stop the rollback.
func (r JobResource) rollBack(ctx context.Context, request Request, before, p contract.JobProperties) error {
	if before.Endpoints == p.Endpoints || !before.Type.Continuous() && !p.Type.Continuous() {
		return r.releaseAndStartRun(ctx, request, p)
	}
	quiescer := Quiescer{Stack: p.Stack, Table: r.Table, DMS: r.DMS, Records: r.Records, Log: r.Log}
	return quiescer.BeforeRollback(ctx, []string{p.Job}, nil, request.Since)
}

// releaseHold releases the job's lease if a deploy holds it.
func (r JobResource) releaseHold(ctx context.Context, job string) error {
	return records.ReleaseDeployHold(ctx, r.Records, r.Table, job)
}
