package eventbridge

import (
	"regexp"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// target is what a rule hands its events to, as the API and CloudFormation spell it. Its other members, such as
// EcsParameters, are refused by name.
type target struct {
	ID               string `json:"Id"`
	Arn              string
	RoleArn          string            `json:",omitempty"`
	Input            *string           `json:",omitempty"`
	InputPath        *string           `json:",omitempty"`
	InputTransformer *inputTransformer `json:",omitempty"`
	RetryPolicy      *retryPolicy      `json:",omitempty"`
	DeadLetterConfig *deadLetterConfig `json:",omitempty"`

	kind  targetKind
	input func(*delivery) (string, error)
}

type inputTransformer struct {
	InputPathsMap map[string]string `json:",omitempty"`
	InputTemplate string
}

type retryPolicy struct {
	MaximumEventAgeInSeconds *int `json:",omitempty"`
	MaximumRetryAttempts     *int `json:",omitempty"`
}

type deadLetterConfig struct{ Arn string }

// targetKind is a service that a rule can call.
type targetKind string

const (
	stateMachineTarget targetKind = "Step Functions"
	functionTarget     targetKind = "Lambda"
	queueTarget        targetKind = "SQS"
)

// The retry policy of a target that has none.
const (
	maxRetries  = 185
	maxEventAge = 24 * time.Hour
)

var (
	targetID  = regexp.MustCompile(`^[\.\-_A-Za-z0-9]{1,64}$`)
	queueForm = regexp.MustCompile(`^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[a-zA-Z0-9_-]+$`)
)

// checkAll makes targets of those given. Two of one Id are refused.
func (s *Service) checkAll(given []target) ([]*target, error) {
	var all []*target
	seen := map[string]bool{}
	for i := range given {
		t := &given[i]
		if seen[t.ID] {
			return nil, invalid("two targets have the Id %s", t.ID)
		}
		seen[t.ID] = true
		if err := s.check(t); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// check fills in what the target's members mean, and says why they cannot be meant.
func (s *Service) check(t *target) error {
	if !targetID.MatchString(t.ID) {
		return invalid("target Id %q: want 1 to 64 letters, digits, '.', '-' or '_'", t.ID)
	}
	var err error
	if t.kind, err = kindOf(t.Arn); err != nil {
		return err
	}
	if t.kind == stateMachineTarget && t.RoleArn == "" {
		return invalid("RoleArn is required for target %s.", t.Arn)
	}
	if t.RoleArn != "" {
		if _, err := s.roles.Credentials(t.RoleArn, "events"); err != nil {
			return invalid("The role of target %s cannot be assumed by EventBridge: %v", t.ID, err)
		}
	}
	if p := t.RetryPolicy; p != nil {
		if n := p.MaximumRetryAttempts; n != nil && (*n < 0 || *n > maxRetries) {
			return invalid("MaximumRetryAttempts %d of target %s is not between 0 and %d", *n, t.ID, maxRetries)
		}
		if n := p.MaximumEventAgeInSeconds; n != nil && (*n < 60 || *n > 86400) {
			return invalid("MaximumEventAgeInSeconds %d of target %s is not between 60 and 86400", *n, t.ID)
		}
	}
	if c := t.DeadLetterConfig; c != nil && !queueForm.MatchString(c.Arn) {
		return invalid("DeadLetterConfig.Arn %q of target %s is not the ARN of a standard SQS queue", c.Arn, t.ID)
	}
	t.input, err = t.newInput()
	return err
}

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
		"the rule target " + arn + ": only state machines, Lambda functions and standard SQS queues")
}

func (t *target) retries() int {
	if t.RetryPolicy != nil && t.RetryPolicy.MaximumRetryAttempts != nil {
		return *t.RetryPolicy.MaximumRetryAttempts
	}
	return maxRetries
}

func (t *target) maxAge() time.Duration {
	if t.RetryPolicy != nil && t.RetryPolicy.MaximumEventAgeInSeconds != nil {
		return time.Duration(*t.RetryPolicy.MaximumEventAgeInSeconds) * time.Second
	}
	return maxEventAge
}
