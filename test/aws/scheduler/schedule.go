package scheduler

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// definition is what a person says of a schedule, checked. It never changes; an update makes another one.
type definition struct {
	expression  Expression
	zoneName    string
	start, end  time.Time // zero for none
	window      window
	enabled     bool
	description string
	kmsKeyARN   string
	deleteAfter bool // ActionAfterCompletion is DELETE
	target      target
}

type window struct {
	Mode                   string
	MaximumWindowInMinutes *int `json:",omitempty"`
}

// target is a Target of the API. Its other members, such as EcsParameters, are refused by name.
type target struct {
	Arn              string
	RoleArn          string
	Input            *string           `json:",omitempty"`
	RetryPolicy      *retryPolicy      `json:",omitempty"`
	DeadLetterConfig *deadLetterConfig `json:",omitempty"`
}

type retryPolicy struct {
	MaximumEventAgeInSeconds *int `json:",omitempty"`
	MaximumRetryAttempts     *int `json:",omitempty"`
}

type deadLetterConfig struct{ Arn string }

// given is a schedule as the API and CloudFormation spell it; only their time stamps differ.
type given struct {
	ScheduleExpression         string
	ScheduleExpressionTimezone string
	FlexibleTimeWindow         *window
	State                      string
	Description                string
	KmsKeyArn                  string
	ActionAfterCompletion      string
	Target                     *target
}

const (
	maxRetries  = 185
	maxEventAge = 24 * time.Hour
)

var (
	nameForm  = regexp.MustCompile(`^[0-9a-zA-Z\-_.]{1,64}$`)
	queueForm = regexp.MustCompile(`^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[a-zA-Z0-9_-]+$`)
)

// define checks a schedule and makes its definition.
func (s *Service) define(g given, start, end time.Time) (*definition, error) {
	expression, err := ParseExpression(g.ScheduleExpression, g.ScheduleExpressionTimezone)
	if err != nil {
		return nil, invalid("%s%s", strings.ToUpper(err.Error()[:1]), err.Error()[1:])
	}
	d := &definition{
		expression: expression, zoneName: expression.zone.String(), start: start, end: end, enabled: true,
		description: g.Description, kmsKeyARN: g.KmsKeyArn,
	}
	if err := d.checkTimes(); err != nil {
		return nil, err
	}
	if g.FlexibleTimeWindow == nil {
		return nil, invalid("FlexibleTimeWindow is required")
	}
	d.window = *g.FlexibleTimeWindow
	if err := d.window.check(); err != nil {
		return nil, err
	}
	switch g.State {
	case "", "ENABLED":
	case "DISABLED":
		d.enabled = false
	default:
		return nil, invalid("State %q is not ENABLED or DISABLED", g.State)
	}
	switch g.ActionAfterCompletion {
	case "", "NONE":
	case "DELETE":
		d.deleteAfter = true
	default:
		return nil, invalid("ActionAfterCompletion %q is not NONE or DELETE", g.ActionAfterCompletion)
	}
	if g.Target == nil {
		return nil, invalid("Target is required")
	}
	d.target = *g.Target
	return d, s.checkTarget(d.target)
}

func (d *definition) checkTimes() error {
	if !d.start.IsZero() && d.start.Before(time.Now().Add(-5*time.Minute)) {
		return invalid("The StartDate you specify cannot be earlier than 5 minutes ago.")
	}
	if !d.start.IsZero() && !d.end.IsZero() && !d.start.Before(d.end) {
		return invalid("The EndDate you specify must be later than the StartDate.")
	}
	return nil
}

func (w window) check() error {
	switch {
	case w.Mode == "OFF" && w.MaximumWindowInMinutes == nil:
		return nil
	case w.Mode == "OFF":
		return invalid("MaximumWindowInMinutes must not be set when the FlexibleTimeWindow is OFF")
	case w.Mode != "FLEXIBLE":
		return invalid("FlexibleTimeWindow mode %q is not OFF or FLEXIBLE", w.Mode)
	case w.MaximumWindowInMinutes == nil || *w.MaximumWindowInMinutes < 1 || *w.MaximumWindowInMinutes > 1440:
		return invalid("MaximumWindowInMinutes must be between 1 and 1440")
	}
	return nil
}

func (s *Service) checkTarget(t target) error {
	kind, err := kindOf(t.Arn)
	if err != nil {
		return err
	}
	if _, err := s.roles.Credentials(t.RoleArn, "scheduler"); err != nil {
		return invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role: %v", err)
	}
	if t.Input != nil && kind != queueTarget && !json.Valid([]byte(*t.Input)) {
		return invalid("Invalid RequestJson provided. Reason The Input of a %s target must be well-formed JSON.", kind)
	}
	if p := t.RetryPolicy; p != nil {
		if n := p.MaximumRetryAttempts; n != nil && (*n < 0 || *n > maxRetries) {
			return invalid("MaximumRetryAttempts %d is not between 0 and %d", *n, maxRetries)
		}
		if n := p.MaximumEventAgeInSeconds; n != nil && (*n < 60 || *n > 86400) {
			return invalid("MaximumEventAgeInSeconds %d is not between 60 and 86400", *n)
		}
	}
	if c := t.DeadLetterConfig; c != nil && !queueForm.MatchString(c.Arn) {
		return invalid("DeadLetterConfig.Arn %q is not the ARN of a standard SQS queue", c.Arn)
	}
	return nil
}

// targetKind is a service that a schedule can call.
type targetKind string

const (
	stateMachineTarget targetKind = "Step Functions"
	functionTarget     targetKind = "Lambda"
	queueTarget        targetKind = "SQS"
)

// kindOf tells the targets apart that there are, and refuses the others by name.
func kindOf(arn string) (targetKind, error) {
	parts := strings.SplitN(arn, ":", 7)
	if len(parts) < 6 || parts[0] != "arn" {
		return "", invalid("Provided Arn is not in correct format: %q", arn)
	}
	switch {
	case parts[2] == "states" && parts[5] == "stateMachine" && len(parts) == 7:
		return stateMachineTarget, nil
	case parts[2] == "lambda" && parts[5] == "function" && len(parts) == 7:
		return functionTarget, nil
	case parts[2] == "sqs" && queueForm.MatchString(arn):
		return queueTarget, nil
	}
	return "", gateway.NotImplemented(
		"the schedule target " + arn + ": only state machines, Lambda functions and standard SQS queues")
}

func (t target) retries() int {
	if t.RetryPolicy != nil && t.RetryPolicy.MaximumRetryAttempts != nil {
		return *t.RetryPolicy.MaximumRetryAttempts
	}
	return maxRetries
}

func (t target) maxAge() time.Duration {
	if t.RetryPolicy != nil && t.RetryPolicy.MaximumEventAgeInSeconds != nil {
		return time.Duration(*t.RetryPolicy.MaximumEventAgeInSeconds) * time.Second
	}
	return maxEventAge
}
