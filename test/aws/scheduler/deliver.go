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

// occurrence is one firing of a schedule.
type occurrence struct {
	*definition
	group, name, arn string
	anchor           time.Time
	at               time.Time // the scheduled time
}

// Fire fires a schedule now, on the path that its own times take: role, input, retries and dead-letter queue. It returns
// the ARN of the execution that was started, when the target has taken the event or the event was given up.
func (s *Service) Fire(ctx context.Context, groupName, name string) (executionARN string, err error) {
	s.mu.Lock()
	sched, err := s.find(groupName, name)
	if err != nil {
		s.mu.Unlock()
		return "", err
	}
	o := occurrence{definition: sched.now, group: sched.group, name: sched.name, arn: sched.arn, at: time.Now()}
	s.mu.Unlock()
	if !s.workers.Do(ctx, func(ctx context.Context) { executionARN, err = s.deliver(ctx, o) }) {
		return "", errClosing
	}
	return executionARN, err
}

// deliver starts the execution of a firing. What was not delivered goes to the dead-letter queue, if there is one, unless
// whoever waits has gone or the service closes.
func (s *Service) deliver(ctx context.Context, o occurrence) (executionARN string, err error) {
	event := delivery.Event{
		Target: o.target, Session: "scheduler-" + o.name, Name: uuid.NewString(), Input: o.input,
	}
	d := Delivery{Group: o.group, Schedule: o.name, ScheduledTime: o.at, Outcome: s.caller.Deliver(ctx, event)}
	if d.Err != nil && ctx.Err() == nil && o.target.DeadLetterConfig != nil {
		d.DeadLetterErr = s.bury(ctx, o, event, d.Outcome)
	}
	s.workers.Report(d)
	return d.ExecutionARN, d.Err
}

// bury sends an event that was given up to the schedule's dead-letter queue, as the execution role. Source:
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
func (s *Service) bury(ctx context.Context, o occurrence, event delivery.Event, dead delivery.Outcome) error {
	role, err := s.caller.Role(event)
	if err != nil {
		return err
	}
	code, message := "InternalFailure", dead.Err.Error()
	var api smithy.APIError
	if errors.As(dead.Err, &api) {
		code, message = api.ErrorCode(), api.ErrorMessage()
	}
	body, err := json.Marshal(map[string]string{"StateMachineArn": o.target.Arn, "Input": event.Input, "Name": event.Name})
	if err != nil {
		return fmt.Errorf("dead-letter event of schedule %s: %w", o.name, err)
	}
	return s.caller.SendDeadLetter(ctx, role, o.target, string(body), map[string]string{
		"ERROR_CODE": code, "ERROR_MESSAGE": message, "EXECUTION_ID": event.Name, "IS_PAYLOAD_TRUNCATED": "false",
		"RETRY_ATTEMPTS": strconv.Itoa(dead.Retries), "SCHEDULED_TIME": o.at.UTC().Format(time.RFC3339),
		"SCHEDULE_ARN": o.arn, "TARGET_ARN": o.target.Arn, "EXHAUSTED_RETRY_CONDITION": dead.Exhausted,
	})
}
