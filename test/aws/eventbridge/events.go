// Package eventbridge is the default event bus of EventBridge on one machine: rules match events by their patterns and hand
// them to state machines, Lambda functions and standard SQS queues, later and with retries. Other buses, schedules,
// archives and other targets are refused by name.
//
// A target with a role is called as that role. One without is called as EventBridge itself; the resource policies of
// functions and queues that would allow or deny that are not enforced here.
package eventbridge

import (
	"context"
	"net/http"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Roles gives a target the credentials of its role. A role that does not exist is an error.
type Roles interface {
	Credentials(roleARN, session string) (aws.Credentials, error)
}

// Delivery is how the delivery of one event to one target ended.
type Delivery struct {
	Rule, Target string // the rule's name and the target's id in it
	EventID      string
	// ExecutionARN is the execution of a state machine target that was started.
	ExecutionARN string
	Retries      int
	// Err is why the target does not have the event; nil when it has.
	Err error
	// DeadLetterErr is why the dead-letter queue does not have it either.
	DeadLetterErr error
}

// Service is the emulated EventBridge. It is safe for concurrent use.
type Service struct {
	account account.Account
	clock   clock.Clock
	roles   Roles
	own     aws.CredentialsProvider
	config  func(aws.CredentialsProvider) aws.Config

	// live ends when the service closes; deliveries stop with it.
	live   context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	rules     map[string]*rule // by name
	observers []func(Delivery)
}

// New makes a bus without rules. The pauses between retries pass on clk. own are the credentials of EventBridge itself,
// and config yields an SDK configuration that reaches the gateway with the given credentials.
func New(
	acct account.Account, clk clock.Clock, roles Roles, own aws.CredentialsProvider,
	config func(aws.CredentialsProvider) aws.Config,
) *Service {
	s := &Service{account: acct, clock: clk, roles: roles, own: own, config: config, rules: map[string]*rule{}}
	s.live, s.cancel = context.WithCancel(context.Background())
	return s
}

// Close stops all deliveries and returns when they have ended. Events that come later reach no target.
func (s *Service) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.work.Wait()
	return nil
}

// Observe has f told of every delivery once it has ended. A delivery that Close stops is told of, too.
func (s *Service) Observe(f func(Delivery)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observers = append(s.observers, f)
}

func (s *Service) report(d Delivery) {
	s.mu.Lock()
	observers := slices.Clone(s.observers)
	s.mu.Unlock()
	for _, observe := range observers {
		observe(d)
	}
}

// Handler serves the API of EventBridge; its signing name is "events".
func (s *Service) Handler() http.Handler {
	return gateway.JSON("events", map[string]gateway.Operation{
		"ListTagsForResource": gateway.Op(s.listTagsForResource),
		"PutEvents":           gateway.Op(s.putEvents),
		"TestEventPattern":    gateway.Op(s.testEventPattern),
		"PutRule":             gateway.Op(s.putRule),
		"DescribeRule":        gateway.Op(s.describeRule),
		"ListRules":           gateway.Op(s.listRules),
		"EnableRule":          gateway.Op(s.enableRule),
		"DisableRule":         gateway.Op(s.disableRule),
		"DeleteRule":          gateway.Op(s.deleteRule),
		"PutTargets":          gateway.Op(s.putTargets),
		"ListTargetsByRule":   gateway.Op(s.listTargetsByRule),
		"RemoveTargets":       gateway.Op(s.removeTargets),
	})
}

func invalid(format string, args ...any) *gateway.Error {
	return gateway.Errorf("ValidationException", format, args...)
}

func notFound(format string, args ...any) *gateway.Error {
	return gateway.Errorf("ResourceNotFoundException", format, args...)
}
