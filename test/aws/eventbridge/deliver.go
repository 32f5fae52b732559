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

// invalidJSON is the code of an event of which a target's input cannot be made.
const invalidJSON = "INVALID_JSON"

// addressed is one event on its way to one target.
type addressed struct {
	event         *arrived
	rule, ruleARN string
	target        *target
}

// deliver hands an event to its target. What was not delivered goes to the dead-letter queue, if there is one, unless the
// service closes.
func (s *Service) deliver(ctx context.Context, a addressed) {
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
		done.DeadLetterErr = s.bury(ctx, a, done.Outcome)
	}
	s.workers.Report(done)
}

// bury sends an event to the target's dead-letter queue, as EventBridge itself.
func (s *Service) bury(ctx context.Context, a addressed, o delivery.Outcome) error {
	code, message := reason(o.Err)
	return s.caller.SendDeadLetter(ctx, s.own, a.target.Target, string(a.event.text), map[string]string{
		"RULE_ARN": a.ruleARN, "TARGET_ARN": a.target.Arn, "ERROR_CODE": code, "ERROR_MESSAGE": message,
		"RETRY_ATTEMPTS": strconv.Itoa(o.Retries), "EXHAUSTED_RETRY_CONDITION": o.Exhausted,
	})
}

// reason is why a target did not take an event, in the codes of dead letters. Source:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
func reason(err error) (code, message string) {
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
