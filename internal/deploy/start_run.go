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

// A run that was started is looked at until it is at work for sure: it ends at once when another run has the job's lease.
const (
	startLook = 5 * time.Second
	// startedFor is for how long a run is looked at that neither ends nor is skipped.
	startedFor = 20 * time.Second
	// startTimeout is for how long runs are started anew while others have the lease. A deploy does not fail for it: the
	// job's schedule starts the next run.
	startTimeout = 30 * time.Minute
)

// reconcile gives back what a deploy held of the job, and starts a run of it if it follows changes.
func (r JobResource) reconcile(ctx context.Context, request Request, p contract.JobProperties) error {
	if err := r.release(ctx, p.Job); err != nil {
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
		execution, err := r.start(ctx, p, name)
		if err != nil {
			return err
		}
		skipped, err := r.skipped(ctx, execution)
		switch {
		case err != nil:
			return err
		case !skipped:
			return nil
		case time.Since(request.Since) > startTimeout:
			r.Log.Warn("other runs have the job's lease: its next run makes the changes", "job", p.Job)
			return nil
		}
		if err := Wait(ctx, r.Real(min(time.Duration(try)*startLook, time.Minute))); err != nil {
			return err
		}
	}
}

// begin starts the first run of a job that follows changes. A job of this name may be held still: one that was taken down,
// or that a deploy made which was taken back.
func (r JobResource) begin(ctx context.Context, request Request, p contract.JobProperties) error {
	if err := r.release(ctx, p.Job); err != nil || !p.Type.Continuous() {
		return err
	}
	_, err := r.start(ctx, p, request.RequestID)
	return err
}

// start starts a run, or finds the one that an earlier call started, which may be over: CloudFormation may send a request
// twice, so the run is named after it.
func (r JobResource) start(ctx context.Context, p contract.JobProperties, name string) (execution string, err error) {
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

// skipped says whether a run found another one at work. It looks for as long as the run may still find out.
func (r JobResource) skipped(ctx context.Context, execution string) (bool, error) {
	for began := time.Now(); ; {
		out, err := r.States.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &execution})
		if err != nil {
			return false, fmt.Errorf("look at run %s: %w", execution, err)
		}
		if out.Status != types.ExecutionStatusRunning {
			var ended run.Document
			// What failed has no output, and is no concern of the deploy: the run has told people.
			_ = json.Unmarshal([]byte(aws.ToString(out.Output)), &ended)
			return out.Status == types.ExecutionStatusSucceeded && ended.Phase == run.Skipped, nil
		}
		if time.Since(began) > startedFor {
			return false, nil
		}
		if err := Wait(ctx, r.Real(startLook)); err != nil {
			return false, err
		}
	}
}

// rollBack prepares a job for the rollback of an update: CloudFormation gives the endpoints their old definitions back,
// which DMS refuses while the job's task is at work. The job's next run starts it again. If only the task itself had
// changed, a run changes it back at once. It never fails for what DMS does: the rollback must end.
func (r JobResource) rollBack(ctx context.Context, request Request, before, p contract.JobProperties) error {
	if before.Endpoints == p.Endpoints || !before.Type.Continuous() && !p.Type.Continuous() {
		return r.reconcile(ctx, request, p)
	}
	keeper := Quiescer{Stack: p.Stack, Table: r.Table, DMS: r.DMS, Leases: r.Records, Log: r.Log}
	return keeper.BeforeRollback(ctx, []string{p.Job}, request.Since)
}

func (r JobResource) release(ctx context.Context, job string) error {
	return records.ReleaseDeployHold(ctx, r.Records, r.Table, job)
}
