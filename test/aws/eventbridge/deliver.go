package eventbridge

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/smithy-go"
	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/delivery"
)

// invalidJSON is the error code when the input template of a target does not give JSON for an event.
const invalidJSON = "INVALID_JSON"

// eventDelivery is one event for one target of a rule.
type eventDelivery struct {
	event         *acceptedEvent
	rule, ruleARN string
	target        *target
}

// deliver sends an event to its target. It sends an event that it cannot deliver to the target's dead-letter queue, if
// the target has one. When the service closes, it sends no dead letter.
func (s *Service) deliver(ctx context.Context, a eventDelivery) {
	done := Delivery{Rule: a.rule, Target: a.target.ID, EventID: a.event.ID}
	input, err := a.target.input(a.event)
	if err != nil {
		done.Err = &smithy.GenericAPIError{Code: invalidJSON, Message: err.Error()}
	} else {
		done.Outcome = s.caller.Deliver(ctx, delivery.Event{
			Target: a.target.Target, Session: "events-" + a.rule, Name: a.event.ID + "_" + uuid.NewString(), Input: input,
		})
	}
	if done.Err != nil && ctx.Err() == nil && a.target.DeadLetterConfig != nil {
		done.DeadLetterErr = s.sendDeadLetter(ctx, a, done.Outcome)
	}
	s.workers.Report(done)
}

// sendDeadLetter sends an event to the target's dead-letter queue with the credentials of EventBridge.
func (s *Service) sendDeadLetter(ctx context.Context, a eventDelivery, o delivery.Outcome) error {
	code, message := deadLetterError(o.Err)
	return s.caller.SendDeadLetter(ctx, s.credentials, a.target.Target, string(a.event.text), map[string]string{
		"RULE_ARN": a.ruleARN, "TARGET_ARN": a.target.Arn, "ERROR_CODE": code, "ERROR_MESSAGE": message,
		"RETRY_ATTEMPTS": strconv.Itoa(o.Retries), "EXHAUSTED_RETRY_CONDITION": o.Exhausted,
	})
}

// deadLetterError returns the error code and message that a dead letter has for a delivery error. Source:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
func deadLetterError(err error) (code, message string) {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return "SDK_CLIENT_ERROR", err.Error()
	}
	code, message = api.ErrorCode(), api.ErrorMessage()
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(code, part) })
	}
	switch {
	case code == invalidJSON:
	case has("AccessDenied"):
		code = "NO_PERMISSIONS"
	case has("DoesNotExist", "NotFound", "NonExistent"):
		code = "NO_RESOURCE"
	case has("Throttl", "TooManyRequests", "LimitExceeded"):
		code = "THROTTLING"
	default:
		code = "ERROR_FROM_TARGET"
	}
	return code, message
}
