package operator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/records"
)

// Holder is the holder of a job's lease: a run, or a deploy.
type Holder struct {
	Run       string     `json:"run,omitempty"` // the name of the execution; empty for a deploy
	Execution string     `json:"execution,omitempty"`
	StartedAt time.Time  `json:"startedAt,omitzero"`
	Status    string     `json:"status,omitempty"`      // of the execution: if it is not RUNNING, a recovery of the run begins soon
	HeldUntil *time.Time `json:"deployUntil,omitempty"` // the end of a deploy's hold
}

// running says that the holder is a run whose execution is running.
func (h *Holder) running() bool {
	return h != nil && h.Status == string(sfntypes.ExecutionStatusRunning)
}

// holder returns the holder of a job's lease; nil if nobody holds it.
func (d *Department) holder(ctx context.Context, job string) (*Holder, error) {
	held, err := records.FindHolder(ctx, d.records, d.table(), job)
	switch {
	case err != nil:
		return nil, err
	case held == (records.Holder{}):
		return nil, nil
	case held.IsDeploy():
		return &Holder{HeldUntil: &held.DeployHold}, nil
	}
	h := &Holder{Run: executionName(held.Execution), Execution: held.Execution}
	out, err := d.machine.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &held.Execution})
	var gone *sfntypes.ExecutionDoesNotExist
	if errors.As(err, &gone) {
		return h, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe execution %s: %w", held.Execution, err)
	}
	h.StartedAt, h.Status = aws.ToTime(out.StartDate).UTC(), string(out.Status)
	return h, nil
}
