// Package delivery sends events to targets as EventBridge and EventBridge Scheduler do: it retries, and it sends events
// that it cannot deliver to a dead-letter queue. A target must be a Step Functions state machine. The error for any
// other target names its ARN.
package delivery

import (
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Target is the state machine that a delivery starts. Its fields have the names that the APIs and CloudFormation use.
type Target struct {
	Arn              string
	RoleArn          string
	RetryPolicy      *RetryPolicy
	DeadLetterConfig *DeadLetterConfig
}

// RetryPolicy says when a caller stops retrying. A nil field means the maximum that AWS allows.
type RetryPolicy struct {
	MaximumEventAgeInSeconds *int
	MaximumRetryAttempts     *int
}

// DeadLetterConfig names the SQS queue that receives the events that were not delivered.
type DeadLetterConfig struct{ Arn string }

// The retry policy of a target that has none.
const (
	maxRetries  = 185
	maxEventAge = 24 * time.Hour
)

var queueForm = regexp.MustCompile(`^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[a-zA-Z0-9_-]+$`)

// Roles returns the credentials of a role. It returns an error for a role that does not exist.
type Roles interface {
	Credentials(roleARN, session string) (aws.Credentials, error)
}

// Check returns an error when a service, such as "events", cannot call the target. The error says why.
func (t Target) Check(roles Roles, service string) error {
	parts := strings.SplitN(t.Arn, ":", 7)
	if len(parts) < 6 || parts[0] != "arn" {
		return invalid("Provided Arn is not in correct format: %q", t.Arn)
	}
	if len(parts) != 7 || parts[2] != "states" || parts[5] != "stateMachine" {
		return gateway.NotImplemented("the target " + t.Arn + ": only state machines")
	}
	if t.RoleArn == "" {
		return invalid("RoleArn is required for target %s.", t.Arn)
	}
	if _, err := roles.Credentials(t.RoleArn, service); err != nil {
		return invalid("The execution role you provide must allow AWS EventBridge to assume the role: %v", err)
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

func (t Target) retries() int {
	if t.RetryPolicy != nil && t.RetryPolicy.MaximumRetryAttempts != nil {
		return *t.RetryPolicy.MaximumRetryAttempts
	}
	return maxRetries
}

func (t Target) maxAge() time.Duration {
	if t.RetryPolicy != nil && t.RetryPolicy.MaximumEventAgeInSeconds != nil {
		return time.Duration(*t.RetryPolicy.MaximumEventAgeInSeconds) * time.Second
	}
	return maxEventAge
}

func invalid(format string, args ...any) *gateway.Error {
	return gateway.Errorf("ValidationException", format, args...)
}
