package operator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// Schedule is the schedule of a job as EventBridge Scheduler has it.
type Schedule struct {
	Expression string     `json:"expression"`
	Timezone   string     `json:"timezone"`
	Disabled   bool       `json:"disabled,omitempty"`
	LastDue    *time.Time `json:"lastDue,omitempty"` // the last time at which it should have started a run; nil if there was none
	Next       *time.Time `json:"next,omitempty"`    // nil if it starts no run any more
}

// schedule reads the schedule of a job; nil if the job has none.
func (d *Department) schedule(ctx context.Context, job string) (*Schedule, error) {
	group := d.outputs[contract.OutputScheduleGroup]
	out, err := d.schedules.GetSchedule(ctx, &scheduler.GetScheduleInput{GroupName: &group, Name: &job})
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read schedule %s/%s: %w", group, job, err)
	}
	s := &Schedule{
		Expression: aws.ToString(out.ScheduleExpression), Timezone: aws.ToString(out.ScheduleExpressionTimezone),
		Disabled: out.State == types.ScheduleStateDisabled,
	}
	table, err := department.NewTimetable(s.Expression, s.Timezone)
	if err != nil {
		return nil, err
	}
	if s.Disabled {
		return s, nil
	}
	// A changed schedule is a new one: its earlier times are not known.
	since, now := aws.ToTime(out.LastModificationDate), time.Now()
	if last := table.Last(now, since); !last.IsZero() {
		s.LastDue = &last
	}
	if next := table.Next(now, since); !next.IsZero() {
		s.Next = &next
	}
	return s, nil
}
