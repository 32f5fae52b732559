package scheduler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/delivery"
)

// firing is a schedule at one of its times.
type firing struct {
	*definition
	group, name, arn string
	anchor           time.Time // first time of a rate
	at               time.Time // scheduled time
}

// Fire fires a schedule now, with the same role, input, retries and dead-letter queue as at a scheduled time. It
// returns when the delivery has ended, with the ARN of the started execution or the error of the last attempt.
func (s *Service) Fire(ctx context.Context, groupName, name string) (executionARN string, err error) {
	s.mu.Lock()
	sched, err := s.find(groupName, name)
	if err != nil {
		s.mu.Unlock()
		return "", err
	}
	f := firing{definition: sched.current, group: sched.group, name: sched.name, arn: sched.arn, at: time.Now()}
	s.mu.Unlock()
	if !s.workers.Do(ctx, func(ctx context.Context) { executionARN, err = s.deliver(ctx, f) }) {
		return "", errClosing
	}
	return executionARN, err
}

// deliver starts the execution of a firing. It sends an event that it cannot deliver to the schedule's dead-letter
// queue, if the schedule has one. When ctx ends, it sends no dead letter.
func (s *Service) deliver(ctx context.Context, f firing) (executionARN string, err error) {
	event := delivery.Event{
		Target: f.target, Session: "scheduler-" + f.name, Name: uuid.NewString(), Input: f.input,
	}
	d := Delivery{Group: f.group, Schedule: f.name, ScheduledTime: f.at, Outcome: s.caller.Deliver(ctx, event)}
	if d.Err != nil && ctx.Err() == nil && f.target.DeadLetterConfig != nil {
		d.DeadLetterErr = s.sendDeadLetter(ctx, f, event, d.Outcome)
	}
	s.workers.Report(d)
	return d.ExecutionARN, d.Err
}

// sendDeadLetter sends an event to the schedule's dead-letter queue, with the credentials of the execution role.
// Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
func (s *Service) sendDeadLetter(ctx context.Context, f firing, event delivery.Event, failed delivery.Outcome) error {
	role, err := s.caller.Role(event)
	if err != nil {
		return err
	}
	code, message := "InternalFailure", failed.Err.Error()
	var api smithy.APIError
	if errors.As(failed.Err, &api) {
		code, message = api.ErrorCode(), api.ErrorMessage()
	}
	body, err := json.Marshal(map[string]string{"StateMachineArn": f.target.Arn, "Input": event.Input, "Name": event.Name})
	if err != nil {
		return fmt.Errorf("dead letter of schedule %s: %w", f.name, err)
	}
	return s.caller.SendDeadLetter(ctx, role, f.target, string(body), map[string]string{
		"ERROR_CODE": code, "ERROR_MESSAGE": message, "EXECUTION_ID": event.Name, "IS_PAYLOAD_TRUNCATED": "false",
		"RETRY_ATTEMPTS": strconv.Itoa(failed.Retries), "SCHEDULED_TIME": f.at.UTC().Format(time.RFC3339),
		"SCHEDULE_ARN": f.arn, "TARGET_ARN": f.target.Arn, "EXHAUSTED_RETRY_CONDITION": failed.Exhausted,
	})
}
