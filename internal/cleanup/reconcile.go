package cleanup

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

	"github.com/oralake/oralake/internal/customresource"
	"github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/replication"
	"github.com/oralake/oralake/internal/standstill"
	"github.com/oralake/oralake/internal/workflow"
)

// A run that was started is looked at until it is at work for sure: it ends at once when another run has the job's lease.
const (
	look = 5 * time.Second
	// sure is for how long a run is looked at that neither ends nor is skipped.
	sure = 20 * time.Second
	// patience is for how long runs are started anew while others have the lease. A deploy does not fail for it: the
	// job's schedule starts the next run.
	patience = 30 * time.Minute
)

// reconcile gives back what a deploy held of the job, and starts a run of it if it follows changes.
func (r Resource) reconcile(ctx context.Context, request customresource.Request, p Properties) error {
	if err := r.unhold(ctx, p.Job); err != nil {
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
		case time.Since(request.Since) > patience:
			r.Log.Warn("other runs have the job's lease: its next run makes the changes", "job", p.Job)
			return nil
		}
		if err := customresource.Wait(ctx, r.Real(min(time.Duration(try)*look, time.Minute))); err != nil {
			return err
		}
	}
}

// begin starts the first run of a job that follows changes. A job of this name may be held still: one that was taken down,
// or that a deploy made which was taken back.
func (r Resource) begin(ctx context.Context, request customresource.Request, p Properties) error {
	if err := r.unhold(ctx, p.Job); err != nil || !p.Type.Continuous() {
		return err
	}
	_, err := r.start(ctx, p, request.RequestID)
	return err
}

// start starts a run, or finds the one that an earlier call started, which may be over: CloudFormation may send a request
// twice, so the run is named after it.
func (r Resource) start(ctx context.Context, p Properties, name string) (execution string, err error) {
	input, err := json.Marshal(workflow.Request{Job: p.Job})
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
func (r Resource) skipped(ctx context.Context, execution string) (bool, error) {
	for began := time.Now(); ; {
		out, err := r.States.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &execution})
		if err != nil {
			return false, fmt.Errorf("look at run %s: %w", execution, err)
		}
		if out.Status != types.ExecutionStatusRunning {
			var run workflow.Run
			// What failed has no output, and is no concern of the deploy: the run has told people.
			_ = json.Unmarshal([]byte(aws.ToString(out.Output)), &run)
			return out.Status == types.ExecutionStatusSucceeded && run.Phase == replication.Skipped, nil
		}
		if time.Since(began) > sure {
			return false, nil
		}
		if err := customresource.Wait(ctx, r.Real(look)); err != nil {
			return false, err
		}
	}
}

// turnBack prepares a job for the rollback of an update: CloudFormation gives the endpoints their old definitions back,
// which DMS refuses while the job's task is at work. The job's next run starts it again. If only the task itself had
// changed, a run changes it back at once. It never fails for what DMS does: the rollback must end.
func (r Resource) turnBack(ctx context.Context, request customresource.Request, before, p Properties) error {
	if before.Endpoints == p.Endpoints || !before.Type.Continuous() && !p.Type.Continuous() {
		return r.reconcile(ctx, request, p)
	}
	keeper := standstill.Keeper{Stack: p.Stack, Table: r.Table, DMS: r.DMS, Leases: r.Records, Log: r.Log}
	return keeper.ForRollback(ctx, []string{p.Job}, request.Since)
}

func (r Resource) unhold(ctx context.Context, job string) error {
	return history.Unhold(ctx, r.Records, r.Table, job)
}
